using System.Reflection;
using System.Runtime.ExceptionServices;
using Tips.MLNet;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Trainers;
using Tips.MLNet.Transforms;

namespace Microsoft.ML;

/// <summary>Adds TIPS to the catalogs of <see cref="MLContext"/>.</summary>
public static class TipsCatalog
{
    /// <summary>Embeds pictures with a TIPS model: a column of pictures becomes a vector of <see cref="float"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">Column to make: D values, 2·D for <see cref="ClassToken.Both"/>.</param>
    /// <param name="inputColumnName">
    /// Column of pictures of any size: paths of files (text), contents of files (vectors of bytes), or images, such as <c>LoadImages</c>
    /// makes; null for the name of the output.
    /// </param>
    /// <param name="model">The model. The caller owns it, and must not dispose it while the pipeline is in use.</param>
    /// <param name="classToken">Which embedding to return.</param>
    /// <param name="normalize">Whether to L2-normalize, x / max(‖x‖₂, 1e-3).</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A name is empty, or a value is out of range.</exception>
    /// <exception cref="InvalidOperationException">The model has no image encoder.</exception>
    /// <example>
    /// <code>
    /// using var model = TipsModel.Load("tips-b14");
    /// var pipeline = mlContext.Transforms.TipsImageEmbedding("Embedding", "Path", model);
    /// </code>
    /// </example>
    public static TipsImageEmbeddingEstimator TipsImageEmbedding(
        this TransformsCatalog catalog,
        string outputColumnName,
        string? inputColumnName,
        TipsModel model,
        ClassToken classToken = ClassToken.First,
        bool normalize = true)
        => catalog.TipsImageEmbedding(
            outputColumnName, inputColumnName, model, new TipsImageEmbeddingOptions { ClassToken = classToken, Normalize = normalize });

    /// <summary>Embeds pictures with a TIPS model: a column of pictures becomes a vector of <see cref="float"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">Column to make.</param>
    /// <param name="inputColumnName">
    /// Column of pictures of any size: paths of files (text), contents of files (vectors of bytes), or images; null for the name of the
    /// output.
    /// </param>
    /// <param name="model">The model. The caller owns it, and must not dispose it while the pipeline is in use.</param>
    /// <param name="options">
    /// Class token, normalization, folder of the paths, orientation, batch size, handling of invalid pictures, storage.
    /// </param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A name is empty, or a value is out of range.</exception>
    /// <exception cref="InvalidOperationException">The model has no image encoder.</exception>
    public static TipsImageEmbeddingEstimator TipsImageEmbedding(
        this TransformsCatalog catalog,
        string outputColumnName,
        string? inputColumnName,
        TipsModel model,
        TipsImageEmbeddingOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        if (inputColumnName is not null) ArgumentException.ThrowIfNullOrEmpty(inputColumnName);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        return new TipsImageEmbeddingEstimator(
            outputColumnName, inputColumnName ?? outputColumnName, model, options, PipelineHost.Of(catalog));
    }

    /// <summary>
    /// Embeds the patches of pictures with a TIPS model: a column of pictures becomes a vector of <see cref="float"/> of rows × columns ×
    /// D, the patches row by row, not normalized. The column's annotation <c>Grid</c> has the rows and columns.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">Column to make.</param>
    /// <param name="inputColumnName">
    /// Column of pictures of any size: paths of files (text), contents of files (vectors of bytes), or images; null for the name of the
    /// output.
    /// </param>
    /// <param name="model">The model. The caller owns it, and must not dispose it while the pipeline is in use.</param>
    /// <param name="options">Layer, value path, size, batch size, handling of invalid pictures, storage; the defaults if null.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A name is empty, or a value is out of range.</exception>
    /// <exception cref="InvalidOperationException">
    /// The model has no image encoder, or was not exported with the layer that is asked for.
    /// </exception>
    public static TipsPatchFeaturesEstimator TipsPatchFeatures(
        this TransformsCatalog catalog,
        string outputColumnName,
        string? inputColumnName,
        TipsModel model,
        TipsPatchFeaturesOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        if (inputColumnName is not null) ArgumentException.ThrowIfNullOrEmpty(inputColumnName);
        ArgumentNullException.ThrowIfNull(model);
        return new TipsPatchFeaturesEstimator(
            outputColumnName,
            inputColumnName ?? outputColumnName,
            model,
            options ?? new TipsPatchFeaturesOptions(),
            PipelineHost.Of(catalog));
    }

    /// <summary>
    /// Finds the foreground of pictures with a classifier that was trained on masks: a column of pictures becomes a vector of
    /// <see cref="float"/> from 0 to 1, the smoothed probability (<see cref="ForegroundMap.Smoothed"/>) of each patch, row by row.
    /// </summary>
    /// <remarks>
    /// All vectors have the same number of rows, which the column's annotation <c>Grid</c> has as its first number. The number of columns
    /// depends on the ratio of the picture (the second number of <c>Grid</c> is 0): it is the vector's length over the number of rows.
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">Column to make.</param>
    /// <param name="inputColumnName">
    /// Column of pictures of any size: paths of files (text), contents of files (vectors of bytes), or images; null for the name of the
    /// output.
    /// </param>
    /// <param name="model">
    /// The model that the classifier was trained with. The caller owns it, and must not dispose it while the pipeline is in use.
    /// </param>
    /// <param name="classifier">The classifier; a saved pipeline holds it.</param>
    /// <param name="options">Folder of the paths, orientation, handling of invalid pictures, storage; the defaults if null.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A name is empty, or a value is out of range.</exception>
    /// <exception cref="InvalidOperationException">
    /// The model has no image encoder, or the classifier was trained with another variant.
    /// </exception>
    /// <example>
    /// <code>
    /// var classifier = ForegroundClassifier.Train(model, examples);
    /// var pipeline = mlContext.Transforms.TipsForeground("Foreground", "Path", model, classifier);
    /// </code>
    /// </example>
    public static TipsForegroundEstimator TipsForeground(
        this TransformsCatalog catalog,
        string outputColumnName,
        string? inputColumnName,
        TipsModel model,
        ForegroundClassifier classifier,
        TipsForegroundOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        if (inputColumnName is not null) ArgumentException.ThrowIfNullOrEmpty(inputColumnName);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(classifier);
        return new TipsForegroundEstimator(
            outputColumnName,
            inputColumnName ?? outputColumnName,
            model,
            classifier,
            options ?? new TipsForegroundOptions(),
            PipelineHost.Of(catalog));
    }

    /// <summary>
    /// Predicts how far away every pixel of a picture is: a column of pictures becomes a vector of <see cref="float"/> of height × width
    /// meters.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">Column to make.</param>
    /// <param name="inputColumnName">
    /// Column of pictures of any size: paths of files (text), contents of files (vectors of bytes), or images; null for the name of the
    /// output.
    /// </param>
    /// <param name="model">
    /// A model with a head for depth. The caller owns it, and must not dispose it while the pipeline is in use.
    /// </param>
    /// <param name="options">Sizes, batch size, handling of invalid pictures, storage; the defaults if null.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A name is empty, or a value is out of range.</exception>
    /// <exception cref="InvalidOperationException">The model has no such head.</exception>
    public static TipsDensePredictionEstimator TipsDepth(
        this TransformsCatalog catalog,
        string outputColumnName,
        string? inputColumnName,
        TipsModel model,
        TipsDensePredictionOptions? options = null)
        => Predict(catalog, outputColumnName, inputColumnName, model, DenseTask.Depth, options);

    /// <summary>
    /// Predicts which way the surface at every pixel of a picture faces: a column of pictures becomes a vector of <see cref="float"/> of
    /// height × width × 3, directions of unit length (or shorter, with <see cref="NormalsStyle.HuggingFace"/>).
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">Column to make.</param>
    /// <param name="inputColumnName">
    /// Column of pictures of any size: paths of files (text), contents of files (vectors of bytes), or images; null for the name of the
    /// output.
    /// </param>
    /// <param name="model">
    /// A model with a head for normals. The caller owns it, and must not dispose it while the pipeline is in use.
    /// </param>
    /// <param name="options">Sizes, batch size, handling of invalid pictures, storage; the defaults if null.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A name is empty, or a value is out of range.</exception>
    /// <exception cref="InvalidOperationException">The model has no such head.</exception>
    public static TipsDensePredictionEstimator TipsNormals(
        this TransformsCatalog catalog,
        string outputColumnName,
        string? inputColumnName,
        TipsModel model,
        TipsDensePredictionOptions? options = null)
        => Predict(catalog, outputColumnName, inputColumnName, model, DenseTask.Normals, options);

    /// <summary>
    /// Predicts the class of every pixel of a picture with a head that was trained for it: a column of pictures becomes a vector of
    /// <see cref="byte"/> of height × width. The column's annotation <c>Classes</c> has the names of the classes.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">Column to make.</param>
    /// <param name="inputColumnName">
    /// Column of pictures of any size: paths of files (text), contents of files (vectors of bytes), or images; null for the name of the
    /// output.
    /// </param>
    /// <param name="model">
    /// A model with a head for segmentation. The caller owns it, and must not dispose it while the pipeline is in use.
    /// </param>
    /// <param name="options">Sizes, batch size, handling of invalid pictures, storage; the defaults if null.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">
    /// A name is empty, a value is out of range, or invalid pictures should be missing values, which bytes have none for.
    /// </exception>
    /// <exception cref="InvalidOperationException">The model has no such head.</exception>
    public static TipsDensePredictionEstimator TipsSegmentation(
        this TransformsCatalog catalog,
        string outputColumnName,
        string? inputColumnName,
        TipsModel model,
        TipsDensePredictionOptions? options = null)
        => Predict(catalog, outputColumnName, inputColumnName, model, DenseTask.Segmentation, options);

    /// <summary>
    /// Embeds texts with the text encoder of a TIPS model: a text column becomes a vector of <see cref="float"/> in the space of the
    /// embeddings of pictures.
    /// </summary>
    /// <remarks>
    /// What comes after the first 64 tokens is cut off. A text without words gives the zero vector. ML.NET has no null texts: a null in the
    /// data is an empty text here. <c>mlContext.Log</c> names the first such row.
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">Column to make, D values.</param>
    /// <param name="inputColumnName">Text column; null for the name of the output.</param>
    /// <param name="model">
    /// A model with a text encoder. The caller owns it, and must not dispose it while the pipeline is in use.
    /// </param>
    /// <param name="options">Normalization, rows read ahead, storage; the defaults if null.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A name is empty, or a value is out of range.</exception>
    /// <exception cref="InvalidOperationException">The model has no text encoder.</exception>
    /// <exception cref="InvalidDataException">The tokenizer's file cannot be used.</exception>
    public static TipsTextEmbeddingEstimator TipsTextEmbedding(
        this TransformsCatalog catalog,
        string outputColumnName,
        string? inputColumnName,
        TipsModel model,
        TipsTextEmbeddingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        if (inputColumnName is not null) ArgumentException.ThrowIfNullOrEmpty(inputColumnName);
        ArgumentNullException.ThrowIfNull(model);
        return new TipsTextEmbeddingEstimator(
            outputColumnName,
            inputColumnName ?? outputColumnName,
            model,
            options ?? new TipsTextEmbeddingOptions(),
            PipelineHost.Of(catalog));
    }

    /// <summary>Classifies picture embeddings by the names of their classes, without examples.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="embeddingColumnName">
    /// Column of picture embeddings, such as <c>TipsImageEmbedding</c> makes with the first class token.
    /// </param>
    /// <param name="classifier">Labels and their embeddings.</param>
    /// <param name="labelColumnName">
    /// Column of true labels, to evaluate: texts, which this replaces by keys in the order of the classifier's labels, as <c>Evaluate</c>
    /// needs them (missing for a text that is none of them), or such keys. Rows to predict need no such column. Null if there is none.
    /// </param>
    /// <returns>The estimator; it adds <c>PredictedLabel</c> and <c>Score</c>.</returns>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    /// <example>
    /// <code>
    /// var classifier = ZeroShotClassifier.Create(model, ["cat", "dog", "bird"], ["a photo of a {}.", "a drawing of a {}."]);
    /// var pipeline = mlContext.Transforms.LoadImages("Image", folder, "Path")
    /// .Append(mlContext.Transforms.TipsImageEmbedding("Embedding", "Image", model))
    /// .Append(mlContext.Transforms.TipsZeroShotClassification("Embedding", classifier, "Label"))
    /// .Append(mlContext.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel"));
    /// var metrics = mlContext.MulticlassClassification.Evaluate(pipeline.Fit(rows).Transform(rows));
    /// </code>
    /// </example>
    public static TipsZeroShotEstimator TipsZeroShotClassification(
        this TransformsCatalog catalog, string embeddingColumnName, ZeroShotClassifier classifier, string? labelColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(embeddingColumnName);
        ArgumentNullException.ThrowIfNull(classifier);
        if (labelColumnName is not null) ArgumentException.ThrowIfNullOrEmpty(labelColumnName);
        return new TipsZeroShotEstimator(embeddingColumnName, classifier, labelColumnName);
    }

    /// <summary>Trains a k-nearest-neighbors classifier with exact search; the defaults are DINOv2's k-NN evaluation.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">Label column, a key of any type.</param>
    /// <param name="featureColumnName">Feature column, a vector of <see cref="float"/> of known size.</param>
    /// <param name="numberOfNeighbors">Neighbors that vote, at least 1.</param>
    /// <param name="metric">How near two vectors are.</param>
    /// <param name="weighting">How much each neighbor counts.</param>
    /// <param name="temperature">Temperature of <see cref="NeighborWeighting.Softmax"/>, a positive number.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A name is empty, or a value is out of range.</exception>
    public static KNearestNeighborsTrainer KNearestNeighbors(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = "Label",
        string featureColumnName = "Features",
        int numberOfNeighbors = 20,
        DistanceMetric metric = DistanceMetric.Cosine,
        NeighborWeighting weighting = NeighborWeighting.Softmax,
        float temperature = 0.07f)
        => catalog.KNearestNeighbors(labelColumnName, featureColumnName, new KNearestNeighborsOptions
        {
            NumberOfNeighbors = numberOfNeighbors,
            Metric = metric,
            Weighting = weighting,
            Temperature = temperature,
        });

    /// <summary>Trains a k-nearest-neighbors classifier with exact search.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">Label column, a key of any type.</param>
    /// <param name="featureColumnName">Feature column, a vector of <see cref="float"/> of known size.</param>
    /// <param name="options">Neighbors, metric, weighting and temperature.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A name is empty, or a value is out of range.</exception>
    public static KNearestNeighborsTrainer KNearestNeighbors(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName,
        string featureColumnName,
        KNearestNeighborsOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(labelColumnName);
        ArgumentException.ThrowIfNullOrEmpty(featureColumnName);
        ArgumentNullException.ThrowIfNull(options);
        return new KNearestNeighborsTrainer(labelColumnName, featureColumnName, options, PipelineHost.Of(catalog));
    }

    /// <summary>
    /// Loads a pipeline with different model options or model folders than it was saved with. If nothing differs, ML.NET's own
    /// <c>Load</c> is enough; it wraps the exceptions below in <see cref="TargetInvocationException"/>.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="filePath">The zip that <c>mlContext.Model.Save</c> wrote.</param>
    /// <param name="inputSchema">Receives the schema of the training input. Image columns are not part of it.</param>
    /// <param name="options">What differs.</param>
    /// <returns>The pipeline; disposing it frees the models it owns.</returns>
    /// <exception cref="DirectoryNotFoundException">The pipeline refers to a model folder that is not there.</exception>
    /// <exception cref="FileNotFoundException">A model folder lacks a file.</exception>
    /// <exception cref="InvalidDataException">The model is not the one that was saved, or is damaged.</exception>
    public static ITransformer Load(
        this ModelOperationsCatalog catalog, string filePath, out DataViewSchema inputSchema, TipsLoadOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(filePath);
        (var transformer, inputSchema) = Load(() => (catalog.Load(filePath, out var schema), schema), options);
        return transformer;
    }

    /// <summary>
    /// Loads a pipeline from a stream with different model options or model folders than it was saved with. If nothing differs, ML.NET's
    /// own <c>Load</c> is enough; it wraps the exceptions below in <see cref="TargetInvocationException"/>.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="stream">The zip that <c>mlContext.Model.Save</c> wrote; it is left open.</param>
    /// <param name="inputSchema">Receives the schema of the training input. Image columns are not part of it.</param>
    /// <param name="options">What differs.</param>
    /// <returns>The pipeline; disposing it frees the models it owns.</returns>
    /// <exception cref="DirectoryNotFoundException">The pipeline refers to a model folder that is not there.</exception>
    /// <exception cref="FileNotFoundException">A model folder lacks a file.</exception>
    /// <exception cref="InvalidDataException">The model is not the one that was saved, or is damaged.</exception>
    /// <exception cref="FormatException">The stream is not a zip.</exception>
    public static ITransformer Load(
        this ModelOperationsCatalog catalog, Stream stream, out DataViewSchema inputSchema, TipsLoadOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(stream);
        (var transformer, inputSchema) = Load(() => (catalog.Load(stream, out var schema), schema), options);
        return transformer;
    }

    private static TipsDensePredictionEstimator Predict(
        TransformsCatalog catalog,
        string outputColumnName,
        string? inputColumnName,
        TipsModel model,
        DenseTask task,
        TipsDensePredictionOptions? options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        if (inputColumnName is not null) ArgumentException.ThrowIfNullOrEmpty(inputColumnName);
        ArgumentNullException.ThrowIfNull(model);
        return new TipsDensePredictionEstimator(
            outputColumnName,
            inputColumnName ?? outputColumnName,
            model,
            task,
            options ?? new TipsDensePredictionOptions(),
            PipelineHost.Of(catalog));
    }

    private static (ITransformer Transformer, DataViewSchema InputSchema) Load(
        Func<(ITransformer, DataViewSchema)> load, TipsLoadOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            return options.Use(load);
        }
        catch (TargetInvocationException e)
        {
            // ML.NET makes components by reflection, one inside the other.
            Exception cause = e;
            while (cause is TargetInvocationException { InnerException: { } inner }) cause = inner;
            ExceptionDispatchInfo.Throw(cause);
            throw;
        }
    }
}

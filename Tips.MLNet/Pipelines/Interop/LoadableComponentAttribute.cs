using Microsoft.ML;

namespace Tips.MLNet.Pipelines.Interop;

/// <summary>
/// Tells ML.NET of a component. A saved pipeline names our assembly; ML.NET loads it and finds these attributes, so a program that only
/// calls <c>mlContext.Model.Load</c> need not register anything.
/// </summary>
/// <param name="loader">The component's <see cref="ComponentSignature.Loader"/>.</param>
/// <param name="description">What ML.NET calls it.</param>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class LoadableComponentAttribute<TComponent>(string loader, string description)
    : LoadableClassAttributeBase(
        null, typeof(TComponent), typeof(ComponentLoader<TComponent>), null, [typeof(SignatureLoadModel)], description, loader)
    where TComponent : class, ILoadableComponent<TComponent>;

namespace Tips.MLNet.Quality;

/// <summary>
/// Out-of-sample class probabilities of labeled rows: each row is classified by its nearest neighbors among the others, as
/// <c>KNearestNeighbors</c> would with all of them but this one.
/// </summary>
public static class LeaveOneOutVotes
{
    /// <summary>The temperature of DINOv2's k-NN evaluation (Oquab et al., 2023).</summary>
    private const double Temperature = 0.07;

    /// <summary>
    /// A number of neighbors that suits the sizes of the classes: twice the median number of rows that a class has, at least 5 and at most
    /// 20, as in DINOv2's evaluation. With more, rows of other classes would outvote a small class; with fewer, one wrong label would count
    /// for much.
    /// </summary>
    /// <param name="labels">The class of each row, from 0.</param>
    /// <param name="classCount">Number of classes.</param>
    /// <returns>The number.</returns>
    /// <exception cref="ArgumentException">A label is out of range.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of classes is not positive.</exception>
    public static int SuggestNeighbors(ReadOnlySpan<int> labels, int classCount)
    {
        EmbeddingRows.CheckLabels(labels, labels.Length, classCount);
        int[] counts = new int[classCount];
        foreach (int label in labels) counts[label]++;
        int[] sizes = [.. counts.Where(c => c > 0).Order()];
        return sizes.Length == 0 ? 5 : Math.Clamp(2 * sizes[sizes.Length / 2], 5, 20);
    }

    /// <summary>Computes them, on all cores.</summary>
    /// <param name="embeddings">The embeddings, one after another, normalized or not.</param>
    /// <param name="dimension">Length of an embedding.</param>
    /// <param name="labels">The class of each row, from 0.</param>
    /// <param name="classCount">Number of classes.</param>
    /// <param name="neighbors">Neighbors that vote; all if there are fewer. <see cref="SuggestNeighbors"/> suggests a number.</param>
    /// <param name="duplicates">
    /// Groups of duplicates; null if there are none. A row's own duplicates do not vote for it, or two copies with the same wrong label
    /// would confirm each other. Each other group is one voter, as near as its nearest member, and its vote is split evenly among the
    /// labels of its members. These should be copies, not just similar rows: a class whose rows are all alike has nobody else to vote.
    /// </param>
    /// <param name="cancellationToken">Stops the computation.</param>
    /// <returns>
    /// <paramref name="classCount"/> probabilities for each row, one row after another: the weights of the voters of each class,
    /// exp(cosine / 0.07), divided by the sum of all. They are 0 where nobody can vote: where all rows are duplicates of each other.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// A length does not fit, a value is not finite, a label is out of range, or the probabilities are more than one array holds.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is not positive.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static float[] Compute(
        ReadOnlyMemory<float> embeddings,
        int dimension,
        ReadOnlySpan<int> labels,
        int classCount,
        int neighbors,
        DuplicateGroups? duplicates = null,
        CancellationToken cancellationToken = default)
    {
        int count = EmbeddingRows.Count(embeddings, dimension, "embeddings", nameof(embeddings));
        EmbeddingRows.CheckLabels(labels, count, classCount);
        EmbeddingRows.CheckGroups(duplicates, count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(neighbors);
        if ((long)count * classCount > Array.MaxLength)
        {
            throw new ArgumentException(
                $"{count} rows of {classCount} classes are more probabilities than one array holds.", nameof(labels));
        }

        int[] labelOfRow = labels.ToArray();
        float[] probabilities = new float[count * classCount];
        double[] votes = new double[classCount];
        Neighborhoods.Visit(embeddings, dimension, duplicates, neighbors, Vote, cancellationToken);
        return probabilities;

        void Vote(int row, ReadOnlySpan<int> voters, ReadOnlySpan<float> cosines)
        {
            if (voters.IsEmpty) return;
            Array.Clear(votes);
            double total = 0;
            for (int i = 0; i < voters.Length; i++)
            {
                // Relative to the nearest, so that the largest exponent is 0.
                double weight = Math.Exp(((double)cosines[i] - cosines[0]) / Temperature);
                total += weight;
                if (duplicates?.Group(voters[i])?.Members is not { } members) votes[labelOfRow[voters[i]]] += weight;
                else foreach (int member in members) votes[labelOfRow[member]] += weight / members.Count;
            }

            var result = probabilities.AsSpan(row * classCount, classCount);
            for (int c = 0; c < classCount; c++) result[c] = (float)(votes[c] / total);
        }
    }
}

namespace Tips.MLNet.Encoders;

/// <summary>How decoding pictures and encoding them share the cores.</summary>
/// <param name="BatchSize">Pictures that run through the encoder together.</param>
/// <param name="Window">Pictures that are decoded ahead of it, at most.</param>
/// <param name="Threads">Threads that decode.</param>
/// <param name="TakesTurns">
/// Whether a window is decoded on all threads, then run, then the next is decoded: each phase has all cores, whatever the ratio of their
/// costs, and threads do not compete. Otherwise both go on at the same time: the encoder runs on a GPU, or has been given so few cores that
/// the decoder's threads have their own. (A cursor overlaps them, too, if decoding turns out to be cheap.)
/// </param>
internal readonly record struct DecodingPlan(int BatchSize, int Window, int Threads, bool TakesTurns)
{
    /// <summary>Pixel values that wait for the encoder take at most this.</summary>
    private const long WindowBytes = 64L << 20;

    /// <summary>
    /// A phase ends when the slowest of its threads has; the more pictures a phase has, the less of its time is spent waiting for that.
    /// </summary>
    private const int WindowPictures = 64;

    /// <summary>Items of the first window: a batch, and something to do for each thread.</summary>
    public int FirstItems => Math.Min(Math.Max(BatchSize, Threads), Window);

    /// <summary>Makes the plan for pictures of one size.</summary>
    /// <param name="batchSize">Pictures that run together.</param>
    /// <param name="valuesPerPicture">Their pixel values.</param>
    /// <param name="threads">Threads that decode.</param>
    /// <param name="takesTurns">Whether they take turns with the encoder.</param>
    public static DecodingPlan For(int batchSize, int valuesPerPicture, int threads, bool takesTurns)
    {
        long fitting = WindowBytes / sizeof(float) / valuesPerPicture;
        int most = Math.Max(WindowPictures, 2 * threads);
        int window = Math.Max((int)Math.Min(fitting, most) / batchSize, 1) * batchSize;
        return new DecodingPlan(batchSize, takesTurns ? window : batchSize, threads, takesTurns);
    }
}

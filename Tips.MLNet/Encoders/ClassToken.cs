namespace Tips.MLNet;

/// <summary>
/// Which of a picture's two global embeddings to take. TIPS puts two CLS tokens in front of the patch tokens and trains each against
/// captions of its own.
/// </summary>
public enum ClassToken
{
    /// <summary>
    /// The first CLS token, trained against noisy captions from the web: the one for classification, k-NN, retrieval and zero-shot.
    /// </summary>
    First,

    /// <summary>
    /// The second CLS token, trained against synthetic captions that describe the scene: the better one where spatial meaning counts.
    /// </summary>
    Second,

    /// <summary>
    /// Both, first then second: twice as long. When normalized, each half is L2-normalized and the whole scaled to unit length, so that
    /// a cosine of two such vectors is the mean of the two tokens' cosines.
    /// </summary>
    Both,
}

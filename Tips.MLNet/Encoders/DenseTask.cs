namespace Tips.MLNet;

/// <summary>What a dense prediction head (DPT; Ranftl et al., 2021) tells about every pixel.</summary>
public enum DenseTask
{
    /// <summary>How far away it is, in meters.</summary>
    Depth,

    /// <summary>Which way the surface faces: a direction.</summary>
    Normals,

    /// <summary>What it belongs to: one of the classes that the head was trained on.</summary>
    Segmentation,
}

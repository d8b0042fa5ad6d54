namespace Tips.MLNet.Images;

/// <summary>How Pillow mixes the pixels around a point. The kernel widens with the downscaling factor.</summary>
internal enum ResizeKernel
{
    /// <summary>A triangle over 2 pixels.</summary>
    Bilinear,

    /// <summary>The cubic convolution with a = −0.5 over 4 pixels (Keys, 1981).</summary>
    Bicubic,
}

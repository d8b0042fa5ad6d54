namespace Tips.MLNet;

/// <summary>
/// How <c>TipsForeground</c> reads pictures. Immutable. <see cref="TipsPictureOptions.BatchSize"/> and
/// <see cref="TipsPictureOptions.CacheBytes"/> have no effect: pictures keep their ratio, so each is run by itself, and nothing is kept.
/// </summary>
public sealed class TipsForegroundOptions : TipsPictureOptions;

namespace MetricsRelay.Parsing;

/// <summary>A sample line whose tokens have been parsed, before the rules of its metric are applied.</summary>
/// <param name="SeriesId">The id of the series.</param>
/// <param name="TextId">The id of the text of the series.</param>
/// <param name="Start">The position of the series in the line.</param>
/// <param name="ValueStart">The position of the value in the line.</param>
/// <param name="Value">The value.</param>
/// <param name="Seconds">The timestamp in seconds, or NaN.</param>
internal readonly record struct ParsedSample(int SeriesId, int TextId, int Start, int ValueStart, double Value, double Seconds);

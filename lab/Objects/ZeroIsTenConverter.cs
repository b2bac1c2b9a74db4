namespace Lab.Objects;

internal sealed class ZeroIsTenConverter() : ZeroMeansDefaultConverter(10);

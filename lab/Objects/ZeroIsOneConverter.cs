namespace Lab.Objects;

internal sealed class ZeroIsOneConverter() : ZeroMeansDefaultConverter(1);

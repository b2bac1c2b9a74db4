namespace Lab.Objects;

internal sealed class ZeroIsThreeConverter() : ZeroMeansDefaultConverter(3);

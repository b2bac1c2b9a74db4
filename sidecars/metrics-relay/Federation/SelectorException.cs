namespace MetricsRelay.Federation;

/// <summary>A selector is invalid.</summary>
internal sealed class SelectorException(string selector, int at, string message)
    : Exception($"match[]={selector}: character {at + 1}: {message}");

namespace MetricsRelay.Federate;

/// <summary>A selector is not understood.</summary>
internal sealed class SelectorException(string selector, int at, string message)
    : Exception($"match[]={selector}: character {at + 1}: {message}");

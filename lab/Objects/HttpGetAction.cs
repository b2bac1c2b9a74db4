namespace Lab.Objects;

internal sealed record HttpGetAction
{
    public string? Host { get; init; }

    public string Path { get; init; } = "/";

    public IntOrString Port { get; init; }

    public string Scheme { get; init; } = "HTTP";

    public IReadOnlyList<HttpHeader> HttpHeaders { get; init; } = [];
}

namespace EndToEnd;

/// <summary>A request that a <see cref="StubServer"/> received, and the status of its response.</summary>
internal sealed record StubRequest(string Path, IReadOnlyDictionary<string, string> Headers, string Body, int Status = 0)
{
    /// <summary>The value of a header; empty if it is missing.</summary>
    public string ReadHeader(string name) => Headers.GetValueOrDefault(name, "");
}

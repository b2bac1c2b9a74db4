using System.Buffers;

namespace Agent.Requests;

/// <summary>The id by which a request is found again in every log that it passed.</summary>
internal static class RequestId
{
    public const string Header = "X-Request-Id";

    private const int MaxLength = 128;

    private static readonly SearchValues<char> Sane =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>The client's id if it is sane, else a new one: an id goes into logs and headers, where nothing else may follow it in.</summary>
    public static string Take(HttpRequest request)
    {
        var sent = request.Headers[Header];
        return sent.Count == 1 && IsSane(sent[0]) ? sent[0]! : New();
    }

    /// <summary>Unique, and no secret: without the system call that a Guid costs.</summary>
    private static string New()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.Shared.NextBytes(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    public static bool IsSane(string? id) => id is { Length: > 0 and <= MaxLength } && !id.AsSpan().ContainsAnyExcept(Sane);
}

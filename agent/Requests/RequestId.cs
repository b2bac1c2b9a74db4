using System.Buffers;

namespace Agent.Requests;

/// <summary>The id that identifies a request in every log along its path.</summary>
internal static class RequestId
{
    public const string Header = "X-Request-Id";

    private const int MaxLength = 128;

    private static readonly SearchValues<char> AllowedCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>The client's id if it is valid, else a generated one. The restriction keeps an id harmless in logs and headers.</summary>
    public static string GetOrCreate(HttpRequest request)
    {
        var sent = request.Headers[Header];
        return sent.Count == 1 && IsValid(sent[0]) ? sent[0]! : CreateRandom();
    }

    private static bool IsValid(string? id) => id is { Length: > 0 and <= MaxLength } && !id.AsSpan().ContainsAnyExcept(AllowedCharacters);

    /// <summary>Unique but not secret, so it avoids the system call for cryptographic randomness that a Guid makes.</summary>
    private static string CreateRandom()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.Shared.NextBytes(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}

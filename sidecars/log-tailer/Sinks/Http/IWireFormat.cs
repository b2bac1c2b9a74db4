using System.Net.Http.Headers;
using LogTailer.Lines;

namespace LogTailer.Sinks.Http;

/// <summary>How one kind of log store wants its lines, and what it says of them.</summary>
internal interface IWireFormat
{
    /// <summary>The content type of the body.</summary>
    string ContentType { get; }

    /// <summary>The path to add to an address that names only the server.</summary>
    string DefaultPath { get; }

    /// <summary>Whether the store takes text only, so that bytes that are no UTF-8 have to be replaced.</summary>
    bool NeedsText { get; }

    /// <summary>How many lines the store takes at once.</summary>
    int MaxLines { get; }

    /// <summary>Whether a status that is no success, and not about the content (400, 413, 422), is worth another attempt.</summary>
    bool IsRetried(int status) => true;

    /// <summary>What to do about a refusal (400, 413, 422) that is about the configuration and not about the lines, which are then kept; null for any other.</summary>
    string? RemedyOf(int status, ReadOnlySpan<byte> answer) => null;

    /// <summary>Where to ask whether the index is there that lines would go to; null where there is nothing to ask.</summary>
    Uri? IndexUrl(Uri url) => null;

    /// <summary>Puts the token where the store looks for it.</summary>
    void Authorize(HttpRequestHeaders headers, string token);

    /// <summary>Writes the body for some lines of a batch.</summary>
    void Encode(LineBatch batch, ReadOnlySpan<int> lines, ByteBuffer body);

    /// <summary>Judges an answer of 2xx, which need not mean that every line was taken.</summary>
    Verdict Judge(int status, ReadOnlySpan<byte> answer, ReadOnlySpan<int> lines);
}

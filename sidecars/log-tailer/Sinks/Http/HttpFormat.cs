using System.Net.Http.Headers;
using LogTailer.Lines;

namespace LogTailer.Sinks.Http;

/// <summary>Any HTTP server: the lines as they are, each with its end. Any 2xx is success.</summary>
internal sealed class HttpFormat : IWireFormat
{
    public string ContentType => "application/x-ndjson";

    public string DefaultPath => "/";

    public bool NeedsText => false;

    public int MaxLines => int.MaxValue;

    public void Authorize(HttpRequestHeaders headers, string token) => headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

    public void Encode(LineBatch batch, ReadOnlySpan<int> lines, ByteBuffer body)
    {
        foreach (var line in lines)
        {
            body.Append(batch[line]);
            body.Append((byte)'\n');
        }
    }

    public Verdict Judge(int status, ReadOnlySpan<byte> answer, ReadOnlySpan<int> lines) => Verdict.Accepted;
}

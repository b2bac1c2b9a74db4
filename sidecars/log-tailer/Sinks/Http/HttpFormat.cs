using System.Net.Http.Headers;
using LogTailer.Lines;

namespace LogTailer.Sinks.Http;

/// <summary>Any HTTP server: unchanged lines, each with a line end. Every 2xx response is a success.</summary>
internal sealed class HttpFormat : IWireFormat
{
    public string ContentType => "application/x-ndjson";

    public string DefaultPath => "/";

    public bool RequiresText => false;

    public int MaxBatchLines => int.MaxValue;

    public void AddAuthorization(HttpRequestHeaders headers, string token)
        => headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

    public void EncodeLines(LineBatch batch, ReadOnlySpan<int> lines, ByteBuffer body)
    {
        foreach (var line in lines)
        {
            body.AppendBytes(batch[line]);
            body.AppendByte((byte)'\n');
        }
    }

    public SendResult InterpretSuccess(int status, ReadOnlySpan<byte> response, ReadOnlySpan<int> lines) => SendResult.Accepted;
}

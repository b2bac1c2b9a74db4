using System.Buffers.Text;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace TlsProxy.Http1Upstream;

/// <summary>The status line and headers of a response, and the body framing they define (RFC 9112, section 6.3).</summary>
internal struct ResponseHead
{
    /// <summary>The value of <see cref="Length"/> when the response does not give one.</summary>
    private const long UnknownLength = -1;

    private bool _closesConnection;
    private bool _isHttp10;

    /// <summary>The status code, 100 to 999.</summary>
    public int Status { get; private set; }

    /// <summary>Length of the body in bytes; negative when it is unknown.</summary>
    public long Length { get; private set; }

    /// <summary>The body uses chunked transfer encoding.</summary>
    public bool IsChunked { get; private set; }

    /// <summary>The connection can carry another request after this response.</summary>
    public bool KeepsAlive { get; private set; }

    /// <summary>The body ends when the application closes the connection.</summary>
    public readonly bool EndsWithConnection => !IsChunked && Length == UnknownLength;

    /// <summary>Finds the end of the headers.</summary>
    /// <param name="bytes">The received bytes.</param>
    /// <returns>The length including the empty line; 0 while it is incomplete.</returns>
    public static int MeasureHead(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (bytes[at..].IndexOf((byte)'\n') is var end && end >= 0)
        {
            at += end + 1;
            switch (bytes[at..])
            {
                case [(byte)'\n', ..]:
                    return at + 1;
                case [(byte)'\r', (byte)'\n', ..]:
                    return at + 2;
            }
        }

        return 0;
    }

    /// <summary>Finds the end of the first line.</summary>
    /// <returns>The length including the line feed; 0 while it is incomplete.</returns>
    public static int MeasureLine(ReadOnlySpan<byte> bytes) => bytes.IndexOf((byte)'\n') + 1;

    /// <summary>Parses the status line.</summary>
    /// <param name="head">The complete head.</param>
    /// <param name="headerLines">The header lines.</param>
    /// <param name="reason">The reason phrase.</param>
    /// <exception cref="MalformedResponseException">The first line is not a status line of HTTP/1.</exception>
    public static ResponseHead ParseStatusLine(ReadOnlySpan<byte> head, out ReadOnlySpan<byte> headerLines, out ReadOnlySpan<byte> reason)
    {
        var line = SplitFirstLine(head, out headerLines);
        if (!IsStatusLine(line))
        {
            throw new MalformedResponseException("it does not start with a status line of HTTP/1.0 or 1.1");
        }

        reason = line.Length > 13 ? line[13..] : default;
        return new ResponseHead
        {
            Status = ((line[9] - '0') * 100) + ((line[10] - '0') * 10) + (line[11] - '0'),
            KeepsAlive = line[7] == '1',
            _isHttp10 = line[7] == '0',
            Length = UnknownLength,
        };
    }

    /// <summary>Copies the status code, and the reason phrase when it is not the standard one.</summary>
    public readonly void CopyStatus(ReadOnlySpan<byte> reason, HttpResponse response)
    {
        response.StatusCode = Status;
        if (!Ascii.Equals(reason, ReasonPhrases.GetReasonPhrase(Status))
            && !reason.IsEmpty
            && Ascii.IsValid(reason)
            && !reason.ContainsAnyInRange((byte)0, (byte)31))
        {
            response.HttpContext.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = Encoding.ASCII.GetString(reason);
        }
    }

    /// <summary>Copies the headers to the client's response, and reads the body framing from them.</summary>
    /// <param name="headerLines">The header lines, including the empty one.</param>
    /// <param name="cache">Provides the strings.</param>
    /// <param name="response">The client's response.</param>
    /// <exception cref="MalformedResponseException">A header is invalid, or the end of the body is ambiguous.</exception>
    public void CopyHeaders(ReadOnlySpan<byte> headerLines, HeaderCache cache, HttpResponse response)
    {
        var headers = response.Headers;
        List<string>? hopByHop = null;
        while (SplitFirstLine(headerLines, out headerLines) is { IsEmpty: false } line)
        {
            var colon = line.IndexOf((byte)':');
            var header = cache.FindHeader(line[..Math.Max(colon, 0)]);
            var value = line[(colon + 1)..].Trim(" \t"u8);
            switch (header.Role)
            {
                case HeaderRole.Copied:
                    var text = header.DecodeValue(value);
                    headers[header.Name] = headers.TryGetValue(header.Name, out var earlier) ? StringValues.Concat(earlier, text) : text;
                    break;

                case HeaderRole.ContentLength:
                    ParseContentLength(value);
                    break;

                case HeaderRole.TransferEncoding:
                    if (IsChunked || !Ascii.EqualsIgnoreCase(value, "chunked"u8))
                    {
                        throw new MalformedResponseException("its Transfer-Encoding is not exactly 'chunked'");
                    }

                    IsChunked = true;
                    break;

                case HeaderRole.ConnectionOptions:
                    ParseConnectionOptions(value, ref hopByHop);
                    break;

                case HeaderRole.HopByHop:
                    break;
            }
        }

        hopByHop?.ForEach(name => headers.Remove(name));
        ResolveFraming();
        if (Length != UnknownLength)
        {
            response.ContentLength = Length;
        }
    }

    /// <summary>
    /// Whether no body follows, regardless of the headers. Methods are case-sensitive (RFC 9110, section 9.1): an application that
    /// does not implement <c>head</c> responds with a body, and that body must not be read as the next response.
    /// </summary>
    public readonly bool HasNoBody(string method) => Status is 204 or 304 or < 200 || method == HttpMethods.Head;

    /// <summary>
    /// Skips the body of a 205, which has to be empty (RFC 9110, section 15.3.6). A body that the application sends anyway is not
    /// read.
    /// </summary>
    /// <returns>False when bytes of a body may follow, so the connection cannot be used again.</returns>
    public readonly bool SkipEmptyBody(UpstreamConnection connection)
    {
        if (IsChunked && connection.Received.SequenceEqual("0\r\n\r\n"u8))
        {
            connection.ConsumeBytes(connection.Received.Length);
            return true;
        }

        return Length == 0 && connection.Received.IsEmpty;
    }

    private static bool IsStatusLine(ReadOnlySpan<byte> line) =>
        line.Length >= 12
        && line.StartsWith("HTTP/1."u8)
        && line[7] is (byte)'0' or (byte)'1'
        && line[8] == ' '
        && line[9] is >= (byte)'1' and <= (byte)'9'
        && char.IsAsciiDigit((char)line[10])
        && char.IsAsciiDigit((char)line[11])
        && (line.Length == 12 || line[12] == ' ');

    /// <summary>Returns the first line without its end, and the rest.</summary>
    private static ReadOnlySpan<byte> SplitFirstLine(ReadOnlySpan<byte> lines, out ReadOnlySpan<byte> rest)
    {
        var end = lines.IndexOf((byte)'\n');
        rest = lines[(end + 1)..];
        var line = lines[..end];
        return line is [.., (byte)'\r'] ? line[..^1] : line;
    }

    private void ResolveFraming()
    {
        if (IsChunked && (Length != UnknownLength || _isHttp10))
        {
            // The chunks define the end. After a response that also has a length, or that uses a version without chunks, the connection
            // is not used again (RFC 9112, section 6.1).
            (Length, KeepsAlive) = (UnknownLength, false);
        }

        if (Status == StatusCodes.Status204NoContent && (IsChunked || Length > 0))
        {
            // A 204 has no body. An application that announces a body may send it, and those bytes must not reach another client.
            (IsChunked, Length, KeepsAlive) = (false, UnknownLength, false);
        }
    }

    private void ParseContentLength(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty
            || value.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            || !Utf8Parser.TryParse(value, out long length, out _)
            || (Length != UnknownLength && Length != length))
        {
            throw new MalformedResponseException("its Content-Length is not a number, or there are two different ones");
        }

        Length = length;
    }

    private void ParseConnectionOptions(ReadOnlySpan<byte> value, ref List<string>? hopByHop)
    {
        foreach (var part in value.Split((byte)','))
        {
            var option = value[part].Trim(" \t"u8);
            if (Ascii.EqualsIgnoreCase(option, "close"u8))
            {
                (_closesConnection, KeepsAlive) = (true, false);
            }
            else if (Ascii.EqualsIgnoreCase(option, "keep-alive"u8))
            {
                // Needed for HTTP/1.0; redundant for HTTP/1.1.
                KeepsAlive = !_closesConnection;
            }
            else if (!option.IsEmpty)
            {
                (hopByHop ??= []).Add(Encoding.Latin1.GetString(option));
            }
        }
    }
}

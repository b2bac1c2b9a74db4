using System.Buffers.Text;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace TlsProxy.Forwarding.Http1;

/// <summary>The status line and headers of an answer, and what they say of its body (RFC 9112, section 6.3).</summary>
internal struct ResponseHead
{
    /// <summary>Of <see cref="Length"/>: not told.</summary>
    private const long Untold = -1;

    private bool _closes;
    private bool _isHttp10;

    /// <summary>Three digits.</summary>
    public int Status { get; private set; }

    /// <summary>Bytes of the body; only what remains of them once it is read. Less than 0 when they are not told.</summary>
    public long Length { get; private set; }

    /// <summary>The body comes in chunks.</summary>
    public bool IsChunked { get; private set; }

    /// <summary>The connection can carry another request after this one.</summary>
    public bool KeepsAlive { get; private set; }

    /// <summary>The body ends where the connection does.</summary>
    public readonly bool EndsWithConnection => !IsChunked && Length == Untold;

    /// <summary>Finds the end of the headers.</summary>
    /// <param name="bytes">What has come.</param>
    /// <returns>Bytes with the empty line; 0 when it has not come yet.</returns>
    public static int Measure(ReadOnlySpan<byte> bytes)
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

    /// <summary>Finds the end of a line.</summary>
    /// <returns>Bytes with the line feed; 0 when it has not come yet.</returns>
    public static int LineLength(ReadOnlySpan<byte> bytes) => bytes.IndexOf((byte)'\n') + 1;

    /// <summary>Reads the status line.</summary>
    /// <param name="head">The whole head.</param>
    /// <param name="rest">The header lines.</param>
    /// <param name="reason">The reason phrase.</param>
    /// <exception cref="BrokenAnswerException">It is no status line of HTTP/1.</exception>
    public static ResponseHead ReadStatus(ReadOnlySpan<byte> head, out ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> reason)
    {
        var line = TakeLine(head, out rest);
        if (line.Length < 12 || !line.StartsWith("HTTP/1."u8) || line[7] is not ((byte)'0' or (byte)'1') || line[8] != ' '
            || line[9] is < (byte)'1' or > (byte)'9' || !char.IsAsciiDigit((char)line[10]) || !char.IsAsciiDigit((char)line[11]) || (line.Length > 12 && line[12] != ' '))
        {
            throw new BrokenAnswerException("it does not begin with the status line of HTTP/1.0 or 1.1");
        }

        reason = line.Length > 13 ? line[13..] : default;
        return new ResponseHead
        {
            Status = ((line[9] - '0') * 100) + ((line[10] - '0') * 10) + (line[11] - '0'),
            KeepsAlive = line[7] == '1',
            _isHttp10 = line[7] == '0',
            Length = Untold,
        };
    }

    /// <summary>Says the status, with its phrase where it is not the usual one.</summary>
    public readonly void CopyStatus(ReadOnlySpan<byte> reason, HttpResponse response)
    {
        response.StatusCode = Status;
        if (!Ascii.Equals(reason, ReasonPhrases.GetReasonPhrase(Status)) && !reason.IsEmpty && Ascii.IsValid(reason) && !reason.ContainsAnyInRange((byte)0, (byte)31))
        {
            response.HttpContext.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = Encoding.ASCII.GetString(reason);
        }
    }

    /// <summary>Copies the headers to the client's answer, and takes out of them how the body goes.</summary>
    /// <param name="lines">The header lines, with the empty one.</param>
    /// <param name="catalog">Their strings.</param>
    /// <param name="response">The client's answer.</param>
    /// <exception cref="BrokenAnswerException">They are not as headers are, or leave it open where the body ends.</exception>
    public void CopyHeaders(ReadOnlySpan<byte> lines, HeaderCatalog catalog, HttpResponse response)
    {
        var headers = response.Headers;
        List<string>? nominated = null;
        while (TakeLine(lines, out lines) is { IsEmpty: false } line)
        {
            var colon = line.IndexOf((byte)':');
            var entry = catalog.Find(line[..Math.Max(colon, 0)]);
            var value = line[(colon + 1)..].Trim(" \t"u8);
            switch (entry.Role)
            {
                case HeaderCatalog.Role.Copied:
                    var text = entry.ValueOf(value);
                    if (headers.TryGetValue(entry.Name, out var before))
                    {
                        headers[entry.Name] = Microsoft.Extensions.Primitives.StringValues.Concat(before, text);
                    }
                    else
                    {
                        headers[entry.Name] = text;
                    }

                    break;

                case HeaderCatalog.Role.ContentLength:
                    ReadLength(value);
                    break;

                case HeaderCatalog.Role.TransferEncoding:
                    if (IsChunked || !Ascii.EqualsIgnoreCase(value, "chunked"u8))
                    {
                        throw new BrokenAnswerException("its Transfer-Encoding is not just chunked");
                    }

                    IsChunked = true;
                    break;

                case HeaderCatalog.Role.Connection:
                    ReadConnection(value, ref nominated);
                    break;

                case HeaderCatalog.Role.StaysBehind:
                    break;
            }
        }

        nominated?.ForEach(name => headers.Remove(name));
        if (IsChunked && (Length != Untold || _isHttp10))
        {
            // The chunks say where it ends. Whoever sends a length too, or speaks a version that has no chunks, may not be
            // trusted with what comes after (RFC 9112, section 6.1).
            (Length, KeepsAlive) = (Untold, false);
        }

        if (Status == StatusCodes.Status204NoContent && (IsChunked || Length > 0))
        {
            // No body can follow, and whoever announces one may send it: what comes is nobody's answer.
            (IsChunked, Length, KeepsAlive) = (false, Untold, false);
        }

        if (Length != Untold)
        {
            response.ContentLength = Length;
        }
    }

    /// <summary>
    /// Whether no body follows, whatever the headers say. Methods are told apart by case (RFC 9110, section 9.1): an
    /// application that does not know <c>head</c> answers it with a body, which must not be left to the next request.
    /// </summary>
    public readonly bool HasNoBody(string method) => Status is 204 or 304 or < 200 || method == HttpMethods.Head;

    /// <summary>The next line, without its end.</summary>
    private static ReadOnlySpan<byte> TakeLine(ReadOnlySpan<byte> lines, out ReadOnlySpan<byte> rest)
    {
        var end = lines.IndexOf((byte)'\n');
        rest = lines[(end + 1)..];
        var line = lines[..end];
        return line is [.., (byte)'\r'] ? line[..^1] : line;
    }

    private void ReadLength(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty || value.ContainsAnyExceptInRange((byte)'0', (byte)'9') || !Utf8Parser.TryParse(value, out long length, out _)
            || (Length != Untold && Length != length))
        {
            throw new BrokenAnswerException("its Content-Length is no number, or there are two");
        }

        Length = length;
    }

    private void ReadConnection(ReadOnlySpan<byte> value, ref List<string>? nominated)
    {
        foreach (var part in value.Split((byte)','))
        {
            var option = value[part].Trim(" \t"u8);
            if (Ascii.EqualsIgnoreCase(option, "close"u8))
            {
                (_closes, KeepsAlive) = (true, false);
            }
            else if (Ascii.EqualsIgnoreCase(option, "keep-alive"u8))
            {
                // Of HTTP/1.0 it is the only way to say so; of 1.1 it says nothing new.
                KeepsAlive = !_closes;
            }
            else if (!option.IsEmpty)
            {
                (nominated ??= []).Add(Encoding.Latin1.GetString(option));
            }
        }
    }
}

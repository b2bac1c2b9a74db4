using System.Net.Http.Headers;
using System.Text;

namespace LogTailer.Sinks.Http;

/// <summary>The token or password of a sink; from a file it is read anew whenever the file changes, or the store refuses it.</summary>
internal sealed class Credentials(SinkOptions options)
{
    private readonly WatchedFile _file = new(options.TokenFile);
    private string _token = options.Token.Trim();
    private bool _isRead;

    /// <summary>Puts them on a request, in the way of the store.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file must not be read.</exception>
    /// <exception cref="FormatException">What the file holds cannot stand in a header.</exception>
    public void Apply(HttpRequestHeaders headers, IWireFormat format)
    {
        // Once it was there, a file that is gone for a moment leaves the token that it had.
        if (_file.HasChanged() || (_file.IsSet && !_isRead))
        {
            Read();
        }

        if (options.Username.Length > 0)
        {
            headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.Username}:{_token}")));
        }
        else if (_token.Length > 0)
        {
            format.Authorize(headers, _token);
        }
    }

    /// <summary>The store has refused them: what the file says now is taken.</summary>
    public void Refused()
    {
        if (_file.IsSet)
        {
            Read();
        }
    }

    private void Read()
    {
        var token = File.ReadAllText(_file.Path).Trim();

        if (token.Any(char.IsControl))
        {
            // Without what it holds: this goes into the log.
            throw new FormatException($"{_file.Path} holds a line break or another control character within the token.");
        }

        _token = token;
        _isRead = true;
    }
}

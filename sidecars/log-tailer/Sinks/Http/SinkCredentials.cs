using System.Net.Http.Headers;
using System.Text;

namespace LogTailer.Sinks.Http;

/// <summary>The token or password of a sink. A token file is reloaded when it changes or when the store rejects the token.</summary>
internal sealed class SinkCredentials(SinkOptions options)
{
    private readonly WatchedFile _file = new(options.TokenFile);
    private string _token = options.Token.Trim();
    private bool _isLoaded;

    /// <summary>Adds the credentials to a request.</summary>
    /// <exception cref="IOException">The token file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">This user has no permission to read the token file.</exception>
    /// <exception cref="FormatException">The token contains characters that are not allowed in a header.</exception>
    public void AddToRequest(HttpRequestHeaders headers, IWireFormat format)
    {
        // After the first load, a file that is missing for a moment does not discard the token.
        if (_file.DetectChange() || (_file.IsSet && !_isLoaded))
        {
            LoadToken();
        }

        if (options.Username.Length > 0)
        {
            var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.Username}:{_token}"));
            headers.Authorization = new AuthenticationHeaderValue("Basic", credentials);
        }
        else if (_token.Length > 0)
        {
            format.AddAuthorization(headers, _token);
        }
    }

    /// <summary>Reloads the token file, after the store has rejected the credentials.</summary>
    public void ReloadRejectedToken()
    {
        if (_file.IsSet)
        {
            LoadToken();
        }
    }

    private void LoadToken()
    {
        var token = File.ReadAllText(_file.Path).Trim();

        if (token.Any(char.IsControl))
        {
            // The message is logged, so it must not contain the token.
            throw new FormatException($"{_file.Path} contains a line break or another control character within the token.");
        }

        _token = token;
        _isLoaded = true;
    }
}

using System.Text;
using TlsProxy.Files;

namespace TlsProxy.Upstream;

/// <summary>
/// The bearer token added to requests to the application (for an ambassador), from a file that is read again when it changes: tokens
/// projected by the kubelet expire within an hour. An <c>Authorization</c> header of the client is replaced.
/// </summary>
internal sealed class EgressToken(UpstreamOptions options, Problems problems, TimeProvider time) : IHostedService
{
    private volatile WatchedFile<string>? _file;

    /// <exception cref="ConfigurationException">The file cannot be read, or contains no token.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var path = options.TokenFile;
        if (path.Length > 0)
        {
            try
            {
                _file = new WatchedFile<string>(path, ParseToken, problems, time);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
            {
                throw new ConfigurationException("Upstream:TokenFile", path, $"cannot be used: {exception.Message} Check the mount.");
            }
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <param name="request">Receives the token.</param>
    /// <param name="routeToken">The token file of the route; null for none.</param>
    public void AddToken(HttpRequest request, WatchedFile<string>? routeToken)
    {
        if ((routeToken ?? _file) is { } file)
        {
            request.Headers.Authorization = file.Current;
        }
    }

    /// <summary>Converts the content of a token file to the value of <c>Authorization</c>.</summary>
    /// <exception cref="FormatException">The file contains no token, or more than one.</exception>
    public static string ParseToken(byte[] content)
    {
        var token = Encoding.UTF8.GetString(content).Trim();
        return token.Length > 0 && !token.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? "Bearer " + token
            : throw new FormatException("The file is empty or contains more than a token.");
    }
}

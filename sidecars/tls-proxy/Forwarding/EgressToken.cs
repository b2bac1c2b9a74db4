using System.Text;
using TlsProxy.Files;

namespace TlsProxy.Forwarding;

/// <summary>
/// The bearer token that requests to the application get (the ambassador's part), out of a file that is read again as it
/// changes: tokens that the kubelet projects live an hour. Whatever a client sent as <c>Authorization</c> is replaced.
/// </summary>
internal sealed class EgressToken(TlsProxyOptions options, Problems problems, TimeProvider time) : IHostedService
{
    private volatile WatchedFile<string>? _file;

    /// <exception cref="ConfigurationException">The file cannot be read or is empty.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var path = options.Upstream.TokenFile;
        if (path.Length > 0)
        {
            try
            {
                _file = new WatchedFile<string>(path, Parse, problems, time);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
            {
                throw new ConfigurationException("Upstream:TokenFile", path, $"cannot be used: {e.Message} Check the mount.");
            }
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <param name="request">Gets the token.</param>
    /// <param name="own">The route's own file, if it has one.</param>
    public void Apply(HttpRequest request, WatchedFile<string>? own)
    {
        if ((own ?? _file) is { } file)
        {
            request.Headers.Authorization = file.Current;
        }
    }

    /// <summary>The value of <c>Authorization</c> that a file's content makes.</summary>
    /// <exception cref="FormatException">It holds no token, or more than one.</exception>
    public static string Parse(byte[] content)
    {
        var token = Encoding.UTF8.GetString(content).Trim();
        return token.Length > 0 && !token.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? "Bearer " + token
            : throw new FormatException("The file is empty or holds more than a token.");
    }
}

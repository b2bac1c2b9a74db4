using Hosting;

namespace TlsProxy.Forwarding;

/// <summary>
/// The bearer token that requests to the application get (the ambassador's part), out of a file that is read again as it
/// changes: tokens that the kubelet projects live an hour. Whatever a client sent as <c>Authorization</c> is replaced.
/// </summary>
internal sealed class EgressToken(TlsProxyOptions options, Problems problems, TimeProvider time) : IHostedService
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly string _file = options.Upstream.TokenFile;
    private volatile string? _value;
    private long _readAt;

    /// <exception cref="ConfigurationException">The file cannot be read or is empty.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_file.Length > 0 && !TryRead(out var problem))
        {
            throw new ConfigurationException("Upstream:TokenFile", _file, $"{problem} Check the mount.");
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Apply(HttpRequest request)
    {
        if (_file.Length == 0)
        {
            return;
        }

        var readAt = Volatile.Read(ref _readAt);
        if (time.GetElapsedTime(readAt) > Fresh && Interlocked.CompareExchange(ref _readAt, time.GetTimestamp(), readAt) == readAt)
        {
            if (TryRead(out var problem))
            {
                problems.Clear("token");
            }
            else
            {
                problems.Report("token", $"{_file} {problem}", "The last token is still used: check the mount.");
            }
        }

        request.Headers.Authorization = _value;
    }

    private bool TryRead(out string problem)
    {
        problem = "is empty or holds more than a token.";
        try
        {
            var token = File.ReadAllText(_file).Trim();
            if (token.Length == 0 || token.AsSpan().ContainsAnyExceptInRange('!', '~'))
            {
                return false;
            }

            _value = "Bearer " + token;
            Volatile.Write(ref _readAt, time.GetTimestamp());
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"cannot be read: {e.Message}";
            return false;
        }
    }
}

namespace Hosting.Configuration;

/// <summary>Takes the configuration anew on <c>POST /-/reload</c> and SIGHUP: all of it, or nothing.</summary>
internal sealed partial class Reloader<TOptions> : IReloader, IDisposable
    where TOptions : ContainerOptions, new()
{
    private readonly ConfigurationChain<TOptions> _chain;
    private readonly ReloadableConfiguration _configuration;
    private readonly CurrentOptions<TOptions> _current;
    private readonly IEnumerable<IReloadParticipant<TOptions>> _participants;
    private readonly TimeProvider _time;
    private readonly ILogger<Reloader<TOptions>> _logger;
    private readonly ReloadMetrics _metrics;
    private readonly SemaphoreSlim _one = new(1, 1);

    private volatile ConfigurationSnapshot<TOptions> _snapshot;
    private volatile ReloadResult _last;

    public Reloader(
        ConfigurationChain<TOptions> chain,
        ConfigurationSnapshot<TOptions> snapshot,
        ReloadableConfiguration configuration,
        CurrentOptions<TOptions> current,
        IEnumerable<IReloadParticipant<TOptions>> participants,
        ReloadMetrics metrics,
        TimeProvider time,
        ILogger<Reloader<TOptions>> logger)
    {
        (_chain, _snapshot, _configuration, _current, _participants, _metrics, _time, _logger) =
            (chain, snapshot, configuration, current, participants, metrics, time, logger);
        _last = new ReloadResult(1, time.GetUtcNow(), Applied: true, [], [], []);
    }

    public ReloadResult Last => _last;

    public string? File => _snapshot.File;

    public void Dispose() => _one.Dispose();

    public IEnumerable<(string Key, string? Value)> InEffect() => EffectiveOptions
        .Of(_current.Value)
        .Select(e => (e.Key, e.Value is not null && Secrets.IsSecret(e.Key, ConfigurationChain<TOptions>.Schema.Find(e.Key)?.Secret ?? false) ? Secrets.Mask : e.Value));

    public async Task<ReloadResult> ReloadAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            var next = _chain.Load();
            var commits = new List<Action>();
            var errors = new List<ConfigurationError>();
            foreach (var participant in _participants)
            {
                try
                {
                    commits.Add(await participant.PrepareAsync(next.Options, cancellationToken));
                }
                catch (ConfigurationException refused)
                {
                    errors.AddRange(refused.Errors);
                }
            }

            if (errors.Count > 0)
            {
                throw new ConfigurationException(errors);
            }

            var changed = Changed(EffectiveOptions.Of(_current.Value), EffectiveOptions.Of(next.Options));
            foreach (var commit in commits)
            {
                commit();
            }

            _snapshot = next;
            _current.Value = next.Options;
            _configuration.Replace(next.Values);

            var applied = _participants.SelectMany(p => p.Keys).Append("Logging").ToArray();
            var restart = changed.Where(key => !applied.Any(a => IsUnder(key, a))).ToArray();
            _metrics.CountApplied();
            _last = new ReloadResult(_last.Generation + 1, _time.GetUtcNow(), Applied: true, [], changed, restart);
            Log.Applied(_logger, _last.Generation, changed.Length == 0 ? "nothing" : string.Join(", ", changed));
            foreach (var key in restart)
            {
                Log.NeedsRestart(_logger, key);
            }
        }
        catch (ConfigurationException refused)
        {
            _metrics.CountRejected();
            _last = new ReloadResult(_last.Generation, _time.GetUtcNow(), Applied: false, refused.Errors, [], []);
            foreach (var error in refused.Errors)
            {
                Log.Refused(_logger, error);
            }
        }
        finally
        {
            _one.Release();
        }

        return _last;
    }

    private static string[] Changed(IEnumerable<(string Key, string? Value)> before, IEnumerable<(string Key, string? Value)> after)
    {
        var old = before.ToDictionary(e => e.Key, e => e.Value, StringComparer.OrdinalIgnoreCase);
        var now = after.ToDictionary(e => e.Key, e => e.Value, StringComparer.OrdinalIgnoreCase);
        return [.. old.Keys.Union(now.Keys, StringComparer.OrdinalIgnoreCase)
            .Where(k => old.GetValueOrDefault(k) != now.GetValueOrDefault(k))
            .Order(StringComparer.Ordinal)];
    }

    private static bool IsUnder(string key, string prefix) =>
        key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && (key.Length == prefix.Length || key[prefix.Length] == ':');

    private static partial class Log
    {
        [LoggerMessage(10, LogLevel.Information, "Configuration reloaded (generation {Generation}); changed: {Keys}")]
        public static partial void Applied(ILogger logger, int generation, string keys);

        [LoggerMessage(11, LogLevel.Warning, "{Key} was changed, but takes effect only when the process starts again")]
        public static partial void NeedsRestart(ILogger logger, string key);

        [LoggerMessage(12, LogLevel.Error, "Configuration refused, the old one stays in force: {Error}")]
        public static partial void Refused(ILogger logger, ConfigurationError error);
    }
}

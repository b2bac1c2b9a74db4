using Hosting.Configuration.Shapes;

namespace Hosting.Configuration;

/// <summary>Reloads the configuration on <c>POST /-/reload</c> and SIGHUP: all of it is applied, or nothing.</summary>
internal sealed partial class Reloader<TOptions> : IReloader, IDisposable
    where TOptions : ContainerOptions, IDescribedOptions, new()
{
    private readonly ConfigurationLoader<TOptions> _loader;
    private readonly ReloadableConfiguration _configuration;
    private readonly CurrentOptions<TOptions> _current;
    private readonly IEnumerable<IReloadParticipant<TOptions>> _participants;
    private readonly ReloadMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<Reloader<TOptions>> _logger;
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);

    private volatile ConfigurationSnapshot<TOptions> _snapshot;
    private volatile ReloadResult _lastResult;

    public Reloader(
        ConfigurationLoader<TOptions> loader,
        ConfigurationSnapshot<TOptions> snapshot,
        ReloadableConfiguration configuration,
        CurrentOptions<TOptions> current,
        IEnumerable<IReloadParticipant<TOptions>> participants,
        ReloadMetrics metrics,
        TimeProvider time,
        ILogger<Reloader<TOptions>> logger)
    {
        (_loader, _snapshot, _configuration, _current, _participants) = (loader, snapshot, configuration, current, participants);
        (_metrics, _time, _logger) = (metrics, time, logger);
        _lastResult = new ReloadResult(1, time.GetUtcNow(), Applied: true, [], [], []);
    }

    public ReloadResult LastResult => _lastResult;

    public string? File => _snapshot.File;

    public void Dispose() => _oneAtATime.Dispose();

    public IEnumerable<(string Key, string? Value)> ListEffectiveValues() => EffectiveOptions
        .ListValues(TOptions.Shape, _current.Value)
        .Select(entry => entry.Value is not null && IsSecret(entry.Key) ? (entry.Key, Secrets.Mask) : entry);

    public async Task<ReloadResult> ReloadConfigurationAsync(CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            var next = _loader.LoadConfiguration();
            var commits = await PrepareParticipantsAsync(next.Options, cancellationToken);
            CommitConfiguration(next, commits);
        }
        catch (ConfigurationException exception)
        {
            _metrics.CountRejected();
            _lastResult = new ReloadResult(_lastResult.Generation, _time.GetUtcNow(), Applied: false, exception.Errors, [], []);
            foreach (var error in exception.Errors)
            {
                Log.ConfigurationRejected(_logger, error);
            }
        }
        finally
        {
            _oneAtATime.Release();
        }

        return _lastResult;
    }

    /// <summary>Asks every participant, even after one has rejected the configuration, so that all errors are reported.</summary>
    private async Task<IReadOnlyList<Action>> PrepareParticipantsAsync(TOptions next, CancellationToken cancellationToken)
    {
        var commits = new List<Action>();
        var errors = new List<ConfigurationError>();
        foreach (var participant in _participants)
        {
            try
            {
                commits.Add(await participant.PrepareAsync(next, cancellationToken));
            }
            catch (ConfigurationException exception)
            {
                errors.AddRange(exception.Errors);
            }
        }

        return errors.Count == 0 ? commits : throw new ConfigurationException(errors);
    }

    private void CommitConfiguration(ConfigurationSnapshot<TOptions> next, IReadOnlyList<Action> commits)
    {
        var changed = FindChangedKeys(
            EffectiveOptions.ListValues(TOptions.Shape, _current.Value), EffectiveOptions.ListValues(TOptions.Shape, next.Options));
        foreach (var commit in commits)
        {
            commit();
        }

        _snapshot = next;
        _current.Value = next.Options;
        _configuration.ReplaceValues(next.Values);

        string[] applied = [.. _participants.SelectMany(participant => participant.Keys), "Logging"];
        string[] restartRequired = [.. changed.Where(key => !applied.Any(prefix => IsUnder(key, prefix)))];
        _metrics.CountApplied();
        _lastResult = new ReloadResult(_lastResult.Generation + 1, _time.GetUtcNow(), Applied: true, [], changed, restartRequired);
        Log.ConfigurationReloaded(_logger, _lastResult.Generation, changed.Length == 0 ? "nothing" : string.Join(", ", changed));
        foreach (var key in restartRequired)
        {
            Log.RestartRequired(_logger, key);
        }
    }

    private static string[] FindChangedKeys(IEnumerable<(string Key, string? Value)> before, IEnumerable<(string Key, string? Value)> after)
    {
        var previous = before.ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.OrdinalIgnoreCase);
        var next = after.ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.OrdinalIgnoreCase);
        return
        [
            .. previous.Keys
                .Union(next.Keys, StringComparer.OrdinalIgnoreCase)
                .Where(key => previous.GetValueOrDefault(key) != next.GetValueOrDefault(key))
                .Order(StringComparer.Ordinal),
        ];
    }

    private static bool IsSecret(string key) => ConfigurationLoader<TOptions>.Schema.IsSecret(key);

    private static bool IsUnder(string key, string prefix) =>
        key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && (key.Length == prefix.Length || key[prefix.Length] == ':');

    private static partial class Log
    {
        [LoggerMessage(10, LogLevel.Information, "Configuration reloaded (generation {Generation}); changed: {Keys}")]
        public static partial void ConfigurationReloaded(ILogger logger, int generation, string keys);

        [LoggerMessage(11, LogLevel.Warning, "Restart required: {Key} has changed, and only a restart applies the new value")]
        public static partial void RestartRequired(ILogger logger, string key);

        [LoggerMessage(12, LogLevel.Error, "Configuration rejected, the previous one stays in effect: {Error}")]
        public static partial void ConfigurationRejected(ILogger logger, ConfigurationError error);
    }
}

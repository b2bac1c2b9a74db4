using ConfigReloader.Watching;

namespace ConfigReloader.Rendering;

/// <summary>The whole work of an init container: every watch that renders is rendered once.</summary>
internal sealed partial class InitialSync(ConfigReloaderOptions options, WatchFactory factory, ILogger<InitialSync> logger)
{
    /// <summary>Renders, and goes on after an error so that all of them are told at once.</summary>
    /// <returns>The exit code: 0 if everything is rendered, else 1.</returns>
    public int Run(CancellationToken cancellationToken)
    {
        var failed = false;
        foreach (var (name, watch) in options.Watches.OrderBy(watch => watch.Key, StringComparer.Ordinal))
        {
            var parts = factory.Parts(name, watch);
            if (parts.Renderer is not { } renderer)
            {
                continue;
            }

            try
            {
                var snapshot = parts.Source.Read(withContent: true, cancellationToken);
                renderer.Render(snapshot);
                Log.Rendered(logger, name, snapshot.Files.Count, parts.Source.Path, renderer.Output.Path);
            }
            catch (Exception exception) when (exception is SourceUnreadableException or RenderRefusedException or IOException or UnauthorizedAccessException)
            {
                failed = true;
                Log.Failed(logger, name, parts.Source.Path, renderer.Output.Path, exception.Message);
            }
        }

        return failed ? 1 : 0;
    }

    private static partial class Log
    {
        [LoggerMessage(110, LogLevel.Information, "{Watch}: {Files} files of {Path} rendered to {Output}")]
        public static partial void Rendered(ILogger logger, string watch, int files, string path, string output);

        [LoggerMessage(111, LogLevel.Error, "{Watch}: {Path} could not be rendered to {Output}: {Reason}")]
        public static partial void Failed(ILogger logger, string watch, string path, string output, string reason);
    }
}

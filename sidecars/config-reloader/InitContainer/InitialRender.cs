using ConfigReloader.Rendering;
using ConfigReloader.Sources;
using ConfigReloader.Watching;

namespace ConfigReloader.InitContainer;

/// <summary>The work of an init container: every watch that renders is rendered once.</summary>
internal sealed partial class InitialRender(
    IReadOnlyDictionary<string, WatchOptions> watches, WatchFactory factory, ILogger<InitialRender> logger)
{
    /// <summary>Renders every watch. Continues after an error, so that all errors are logged in one run.</summary>
    /// <returns>The exit code: 0 if everything was rendered, otherwise 1.</returns>
    public int RenderAll(CancellationToken cancellationToken)
    {
        var failed = false;
        foreach (var (name, options) in watches.OrderBy(watch => watch.Key, StringComparer.Ordinal))
        {
            var parts = factory.CreateParts(name, options);
            if (parts.Renderer is not { } renderer)
            {
                continue;
            }

            try
            {
                var snapshot = parts.Source.ReadSnapshot(withContent: true, cancellationToken);
                renderer.RenderSnapshot(snapshot);
                Log.Rendered(logger, name, snapshot.Files.Count, parts.Source.Path, renderer.Output.Path);
            }
            catch (Exception exception)
                when (exception is SourceUnreadableException or UnknownVariablesException or IOException or UnauthorizedAccessException)
            {
                failed = true;
                Log.RenderFailed(logger, name, parts.Source.Path, renderer.Output.Path, exception.Message);
            }
        }

        return failed ? 1 : 0;
    }

    private static partial class Log
    {
        [LoggerMessage(110, LogLevel.Information, "{Watch}: rendered {Files} files of {Path} to {Output}")]
        public static partial void Rendered(ILogger logger, string watch, int files, string path, string output);

        [LoggerMessage(111, LogLevel.Error, "{Watch}: rendering {Path} to {Output} failed: {Reason}")]
        public static partial void RenderFailed(ILogger logger, string watch, string path, string output, string reason);
    }
}

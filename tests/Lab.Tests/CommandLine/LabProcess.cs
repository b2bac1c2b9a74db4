using Lab.CommandLine;

namespace Lab.Tests.CommandLine;

/// <summary>The lab as a process, in its own directory.</summary>
internal sealed class LabProcess : IAsyncDisposable
{
    private static readonly string Assembly = typeof(CommandLineOptions).Assembly.Location;

    private readonly TemporaryDirectory _directory = new();
    private ChildProcess? _process;

    public string Directory => _directory.Path;

    public ChildProcess Process => _process!;

    /// <summary>Starts it with a manifest in <c>pod.yaml</c>.</summary>
    public LabProcess Start(string manifest, params string[] arguments)
    {
        File.WriteAllText(_directory["pod.yaml"], manifest);
        var environment = new Dictionary<string, string?> { ["NO_COLOR"] = "1" };
        _process = ChildProcess.DotNet(Assembly, ["pod.yaml", .. arguments], environment, _directory.Path);
        return this;
    }

    /// <summary>Starts it with arguments only.</summary>
    public LabProcess StartWithArguments(params string[] arguments)
    {
        _process = ChildProcess.DotNet(Assembly, arguments, directory: _directory.Path);
        return this;
    }

    /// <summary>Starts a second lab in the same directory.</summary>
    public ChildProcess StartSecondLab() => ChildProcess.DotNet(Assembly, ["pod.yaml"], directory: _directory.Path);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _directory.Dispose();
    }
}

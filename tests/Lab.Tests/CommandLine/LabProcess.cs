using Lab.CommandLine;
using TestKit;

namespace Lab.Tests.CommandLine;

/// <summary>The lab as a process of its own, in a directory of its own.</summary>
internal sealed class LabProcess : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private ChildProcess? _process;

    public string Directory => _directory.Path;

    public ChildProcess Process => _process!;

    /// <summary>Starts it with a manifest; the last line of <c>--help</c> is for a test without.</summary>
    public LabProcess Start(string manifest, params string[] arguments)
    {
        File.WriteAllText(_directory["pod.yaml"], manifest);
        _process = ChildProcess.DotNet(typeof(CommandLineOptions).Assembly.Location, ["pod.yaml", .. arguments], new Dictionary<string, string?> { ["NO_COLOR"] = "1" }, _directory.Path);
        return this;
    }

    public LabProcess StartWith(params string[] arguments)
    {
        _process = ChildProcess.DotNet(typeof(CommandLineOptions).Assembly.Location, arguments, directory: _directory.Path);
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _directory.Dispose();
    }
}

using System.ComponentModel;
using System.Text;
using Lab.Objects;
using Container = Lab.Objects.Container;

namespace Lab.Containers.Local;

/// <summary>Runs the containers of a Pod as processes of this machine.</summary>
internal sealed class LocalSandbox(
    Pod pod,
    PodConfiguration configuration,
    ImageCatalog images,
    RunDirectory directory,
    ProcessStarter starter,
    IContainerOutput output,
    TimeProvider clock) : IPodSandbox
{
    private const int MaxExecOutput = 10 * 1024;

    private readonly PodVolumes _volumes = new(pod, configuration, directory, clock);

    public Task MountVolumesAsync(CancellationToken cancellationToken)
    {
        _volumes.MountVolumes();
        return Task.CompletedTask;
    }

    /// <summary>Updates the files of changed ConfigMaps and Secrets; running containers see them change, as in a cluster.</summary>
    /// <exception cref="MountException">A volume cannot be updated.</exception>
    public void UpdateVolumes() => _volumes.MountVolumes();

    public async Task<IContainerProcess> StartContainerAsync(Container container, CancellationToken cancellationToken)
    {
        var variables = new ContainerEnvironment(pod, container, configuration).BuildVariables();
        _volumes.CreateFileSystem(container, variables);
        var command = ResolveCommand(container, variables);
        try
        {
            var process = await starter.StartProcessAsync(
                command, BuildEnvironment(container, variables), CreateWorkingDirectory(container));
            return new LocalContainer(process, starter, container.Name, output);
        }
        catch (Win32Exception exception)
        {
            throw new ContainerStartException("StartError", exception.Message);
        }
    }

    public async Task<ExecResult> RunCommandAsync(Container container, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        var variables = new ContainerEnvironment(pod, container, configuration).BuildVariables();
        var captured = new CapturedOutput();

        // Variables in the command of a probe or hook are not expanded, and the args of the container do not apply.
        var words = command.Select(_volumes.CreateTranslation(container).TranslatePaths).ToList();
        LocalContainer process;
        try
        {
            var resolved = ContainerCommand.ResolveCommand(container, images, words, []);
            process = new LocalContainer(
                await starter.StartProcessAsync(resolved, BuildEnvironment(container, variables), CreateWorkingDirectory(container)),
                starter,
                container.Name,
                captured);
        }
        catch (Exception exception) when (exception is ContainerStartException or Win32Exception)
        {
            return new ExecResult(126, exception.Message);
        }

        await using var kill = cancellationToken.Register(process.SendKill);
        var exitCode = await process.Exit;
        cancellationToken.ThrowIfCancellationRequested();
        return new ExecResult(exitCode, captured.ToString());
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ContainerCommand ResolveCommand(Container container, IReadOnlyDictionary<string, string> variables)
    {
        var translation = _volumes.CreateTranslation(container);
        return ContainerCommand.ResolveCommand(container, images, TranslateWords(container.Command), TranslateWords(container.Args));

        List<string> TranslateWords(IReadOnlyList<string> words) =>
            [.. words.Select(word => translation.TranslatePaths(VariableExpansion.ExpandVariables(word, variables)))];
    }

    private Dictionary<string, string> BuildEnvironment(Container container, IReadOnlyDictionary<string, string> variables)
    {
        var root = directory.GetContainerRoot(container.Name);
        var environment = ContainerEnvironment.BuildBaseVariables(pod, root, Path.Combine(root, "tmp"));
        if (images.IsProjectImage(container.Image))
        {
            // In a Pod a process listens on all addresses of the Pod's own network. Here that would be the network of the laptop.
            environment["LISTEN__ADDRESS"] = "localhost";
        }

        var translation = _volumes.CreateTranslation(container);
        foreach (var (name, value) in variables)
        {
            environment[name] = translation.TranslatePaths(value);
        }

        return environment;
    }

    private string CreateWorkingDirectory(Container container)
    {
        var root = directory.GetContainerRoot(container.Name);
        if (container.WorkingDir is not { Length: > 0 } workingDirectory)
        {
            return root;
        }

        var inside = Path.GetFullPath(root + "/" + workingDirectory.TrimStart('/'));
        return Directory.CreateDirectory(inside.StartsWith(root, StringComparison.Ordinal) ? inside : root).FullName;
    }

    private sealed class CapturedOutput : IContainerOutput
    {
        private readonly StringBuilder _text = new();

        public void WriteLine(string container, bool isError, ReadOnlySpan<byte> line)
        {
            lock (_text)
            {
                if (_text.Length < MaxExecOutput)
                {
                    _text.Append(_text.Length == 0 ? "" : "\n");
                    _text.Append(Encoding.UTF8.GetString(line[..Math.Min(line.Length, MaxExecOutput)]));
                }
            }
        }

        public override string ToString()
        {
            lock (_text)
            {
                return _text.ToString();
            }
        }
    }
}

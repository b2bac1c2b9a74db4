using System.ComponentModel;
using System.Text;
using Lab.Objects;
using Container = Lab.Objects.Container;

namespace Lab.Containers.Local;

/// <summary>A Pod as processes of this machine.</summary>
internal sealed class LocalSandbox(
    Pod pod,
    PodConfiguration configuration,
    ImageCatalog images,
    RunDirectory directory,
    ProcessStarter starter,
    IContainerOutput output,
    TimeProvider clock) : IPodSandbox
{
    private const int LongestExecOutput = 10 * 1024;

    private readonly PodVolumes _volumes = new(pod, configuration, directory, clock);

    public Task MountAsync(CancellationToken cancellationToken)
    {
        _volumes.Mount();
        return Task.CompletedTask;
    }

    /// <summary>Takes up a new ConfigMap: running containers see its files change as they would in a cluster.</summary>
    public void Update(ConfigMap configMap)
    {
        configuration.Set(configMap);
        _volumes.Mount();
    }

    /// <inheritdoc cref="Update(ConfigMap)"/>
    public void Update(Secret secret)
    {
        configuration.Set(secret);
        _volumes.Mount();
    }

    public async Task<IContainerProcess> StartAsync(Container container, CancellationToken cancellationToken)
    {
        var variables = new ContainerEnvironment(pod, container, configuration).Variables();
        _volumes.Attach(container, variables);
        var command = Command(container, container.Command, container.Args, variables);
        try
        {
            var process = await starter.StartAsync(command, Environment(container, variables), WorkingDirectory(container));
            return new LocalContainer(process, starter, container.Name, output);
        }
        catch (Win32Exception exception)
        {
            throw new ContainerStartException("StartError", exception.Message);
        }
    }

    public async Task<ExecResult> ExecAsync(Container container, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        var variables = new ContainerEnvironment(pod, container, configuration).Variables();
        var captured = new CapturedOutput();

        // A command that is run in a container is not expanded, and gets no args.
        var words = command.Select(_volumes.Translation(container).Apply).ToList();
        LocalContainer process;
        try
        {
            var resolved = ContainerCommand.Of(container, images, words, []);
            process = new LocalContainer(
                await starter.StartAsync(resolved, Environment(container, variables), WorkingDirectory(container)),
                starter,
                container.Name,
                captured);
        }
        catch (Exception exception) when (exception is ContainerStartException or Win32Exception)
        {
            return new ExecResult(126, exception.Message);
        }

        await using var kill = cancellationToken.Register(process.Kill);
        var exitCode = await process.Exit;
        cancellationToken.ThrowIfCancellationRequested();
        return new ExecResult(exitCode, captured.ToString());
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ContainerCommand Command(Container container, IReadOnlyList<string> command, IReadOnlyList<string> args, IReadOnlyDictionary<string, string> variables)
    {
        var translation = _volumes.Translation(container);
        List<string> Words(IReadOnlyList<string> words) => [.. words.Select(word => translation.Apply(VariableExpansion.Expand(word, variables)))];
        return ContainerCommand.Of(container, images, Words(command), Words(args));
    }

    private Dictionary<string, string> Environment(Container container, IReadOnlyDictionary<string, string> variables)
    {
        var root = directory.ContainerRoot(container.Name);
        var environment = ContainerEnvironment.Base(pod, root, Path.Combine(root, "tmp"));
        if (images.IsOwn(container.Image))
        {
            // In a Pod a process listens on every address of a network of its own. Here that network is the laptop's.
            environment["LISTEN__ADDRESS"] = "localhost";
        }

        var translation = _volumes.Translation(container);
        foreach (var (name, value) in variables)
        {
            environment[name] = translation.Apply(value);
        }

        return environment;
    }

    private string WorkingDirectory(Container container)
    {
        var root = directory.ContainerRoot(container.Name);
        if (container.WorkingDir is not { Length: > 0 } wanted)
        {
            return root;
        }

        var inside = Path.GetFullPath(root + "/" + wanted.TrimStart('/'));
        return Directory.CreateDirectory(inside.StartsWith(root, StringComparison.Ordinal) ? inside : root).FullName;
    }

    private sealed class CapturedOutput : IContainerOutput
    {
        private readonly StringBuilder _text = new();

        public void Line(string container, bool error, ReadOnlySpan<byte> line)
        {
            lock (_text)
            {
                if (_text.Length < LongestExecOutput)
                {
                    _text.Append(_text.Length == 0 ? "" : "\n").Append(Encoding.UTF8.GetString(line[..Math.Min(line.Length, LongestExecOutput)]));
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

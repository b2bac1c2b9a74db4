namespace Lab.CommandLine;

/// <summary>The command line of the lab.</summary>
internal sealed record CommandLineOptions
{
    public const string Usage =
        """
        Runs a Pod on this machine: no cluster, no Docker.

        usage: dotnet run --project lab [-- [options] [MANIFEST...]]

          MANIFEST        a YAML file with a Pod, a Deployment or a Job, and the ConfigMaps and Secrets that it needs;
                          several files are combined. Default: k8s/labs/agent-with-all-sidecars.yaml
          --pod NAME      which one to run, when the manifests hold several
          --dry-run       check the manifests and show what would start
          --help          this text

        Exit codes: 0 stopped or completed, 1 the Pod failed, 2 it could not be started.
        """;

    public IReadOnlyList<string> Manifests { get; init; } = [];

    public string? Pod { get; init; }

    public bool DryRun { get; init; }

    public bool Help { get; init; }

    /// <exception cref="UsageException">An option is unknown or has no value.</exception>
    public static CommandLineOptions Parse(IReadOnlyList<string> args)
    {
        var options = new CommandLineOptions();
        var manifests = new List<string>();
        for (var index = 0; index < args.Count; index++)
        {
            switch (args[index])
            {
                case "--help" or "-h":
                    options = options with { Help = true };
                    break;
                case "--dry-run":
                    options = options with { DryRun = true };
                    break;
                case "--pod" when index + 1 < args.Count:
                    options = options with { Pod = args[++index] };
                    break;
                case "--pod":
                    throw new UsageException("--pod needs a name");
                case var option when option.StartsWith('-'):
                    throw new UsageException($"unknown option {option} (--help shows them)");
                case var manifest:
                    manifests.Add(manifest);
                    break;
            }
        }

        return options with { Manifests = manifests };
    }
}

namespace Hosting.Verbs;

/// <summary>A parsed command line: an optional verb, its arguments, and the flags of the configuration.</summary>
/// <param name="Verb">The verb; null to run the process.</param>
/// <param name="Arguments">The unchanged arguments of a custom verb.</param>
/// <param name="Flags">The configuration's flags.</param>
internal sealed record CommandLine(string? Verb, string[] Arguments, string[] Flags)
{
    /// <summary>Whether the verb needs a valid configuration. Custom verbs and help do not.</summary>
    public bool NeedsConfiguration => Verb is null or "check" or "healthcheck";

    public static CommandLine ParseArguments(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        if (args.Any(argument => argument is "--help" or "-h" or "-?"))
        {
            return new("help", [], []);
        }

        return args switch
        {
            ["--version", ..] => new("version", [], []),
            ["help" or "version", ..] => new(args[0], [], []),
            ["check" or "healthcheck", ..] => new(args[0], [], args[1..]),
            [var verb, ..] when !verb.StartsWith('-') => new(verb, args[1..], []),
            _ => new(null, [], args),
        };
    }
}

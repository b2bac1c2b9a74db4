namespace Hosting;

/// <summary>A command line taken apart: a verb or none, its own arguments, and the configuration's flags.</summary>
/// <param name="Verb">What to do; null to run.</param>
/// <param name="Arguments">What follows a verb of the program's own, untouched.</param>
/// <param name="Flags">The configuration's flags.</param>
internal sealed record CommandLine(string? Verb, string[] Arguments, string[] Flags)
{
    /// <summary>Whether the verb needs a configuration that is valid. A verb of the program's own does not, nor does help.</summary>
    public bool NeedsConfiguration => Verb is null or "check" or "healthcheck";

    public static CommandLine Parse(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        if (args.Any(a => a is "--help" or "-h" or "-?"))
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

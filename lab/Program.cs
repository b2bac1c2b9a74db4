using System.Globalization;
using Lab.CommandLine;
using Lab.Containers.Local;
using Lab.Objects;

if (args is [CommandLineOptions.AsContainerVerb, var parent, var program, .. var arguments])
{
    return Native.Become(int.Parse(parent, CultureInfo.InvariantCulture), program, arguments);
}

try
{
    var options = CommandLineOptions.Parse(args);
    if (options.Help)
    {
        Console.WriteLine(CommandLineOptions.Usage);
        return 0;
    }

    return await new LabCommand(options, ImageCatalog.Load(), TimeProvider.System).RunAsync();
}
catch (Exception exception) when (exception is ManifestException or UsageException)
{
    Console.Error.WriteLine(exception.Message);
    return 2;
}

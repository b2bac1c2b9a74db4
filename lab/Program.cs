using System.Globalization;
using Lab.CommandLine;
using Lab.Containers.Local;
using Lab.Manifests;

if (args is [ProcessStarter.AsContainerVerb, var parent, var program, .. var arguments])
{
    return Native.BecomeContainer(int.Parse(parent, CultureInfo.InvariantCulture), program, arguments);
}

try
{
    var options = CommandLineOptions.Parse(args);
    if (options.Help)
    {
        Console.WriteLine(CommandLineOptions.Usage);
        return 0;
    }

    return await new LabCommand(options, ImageCatalog.LoadCatalog(), TimeProvider.System).ExecuteAsync();
}
catch (Exception exception) when (exception is ManifestException or UsageException)
{
    Console.Error.WriteLine(exception.Message);
    return 2;
}

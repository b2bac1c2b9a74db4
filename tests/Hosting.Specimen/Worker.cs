namespace Specimen;

/// <summary>Writes its state to stdout, which is the output of this process, until it stops. It can fail on purpose.</summary>
internal sealed class Worker(SpecimenOptions options) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Console.WriteLine("output: working");
        if (options.Greeting == "break")
        {
            throw new InvalidOperationException("broken on purpose");
        }

        try
        {
            await Task.Delay(Timeout.Infinite, stoppingToken);
        }
        finally
        {
            Console.WriteLine("output: stopped");
        }
    }
}

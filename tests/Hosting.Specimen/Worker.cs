namespace Specimen;

/// <summary>Works until it is told to stop, then says so on stdout, which is its product; or breaks.</summary>
internal sealed class Worker(SpecimenOptions options) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Console.WriteLine("product: working");
        if (options.Greeting == "break")
        {
            throw new InvalidOperationException("broken as asked");
        }

        try
        {
            await Task.Delay(Timeout.Infinite, stoppingToken);
        }
        finally
        {
            Console.WriteLine("product: stopped");
        }
    }
}

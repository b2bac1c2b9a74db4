namespace Hosting.Verbs;

/// <summary>
/// The <c>healthcheck</c> verb: requests <c>/readyz</c> of the process that runs on this machine. Docker uses it, because the images
/// have no shell.
/// </summary>
internal static class HealthcheckVerb
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    public static async Task<int> RequestReadinessAsync(string listenAddress, int managementPort, CancellationToken cancellationToken)
    {
        var host = listenAddress is "*" or "localhost" ? "localhost" : listenAddress;
        var address = new UriBuilder("http", host, managementPort, "/readyz").Uri;
        try
        {
            using var client = new HttpClient { Timeout = Timeout };
            using var response = await client.GetAsync(address, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            Console.Out.WriteLine($"{address}: {(int)response.StatusCode} {text.Trim()}");
            return response.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            Console.Out.WriteLine($"{address}: {exception.Message}");
            return 1;
        }
    }
}

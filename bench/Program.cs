using Bench;
using Bench.Cases;
using Bench.Harness;

// The processes that cases start: servers with the least possible work, and a scrape target.
if (args is ["floor", var port])
{
    return await EmptyApplication.ServeAsync(port);
}

if (args is ["tls-floor", var tlsPort, var directory])
{
    return await EmptyApplication.ServeTlsAsync(tlsPort, directory);
}

if (args is ["series", var targetPort])
{
    return await ScrapeTarget.ServeAsync(targetPort);
}

IBenchCase[] cases =
[
    new PodStart(),
    new TailOneGigabyte(transformsLines: false),
    new TailOneGigabyte(transformsLines: true),
    new TailDelay(),
    new ScrapeManySeries(),
    new TlsTermination(),
    new Inference(),
    new RequestLog(),
];

return await new CommandLine(cases, Console.Out).RunAsync(args);

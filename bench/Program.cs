using Bench;
using Bench.Cases;
using Bench.Frame;

if (args is ["floor", var port])
{
    return await EmptyApplication.RunAsync(port);
}

if (args is ["tls-floor", var tlsPort, var directory])
{
    return await EmptyApplication.RunTlsAsync(tlsPort, directory);
}

if (args is ["series", var target])
{
    return await ScrapeManySeries.ServeAsync(target);
}

IBenchCase[] cases =
[
    new PodStart(), new TailOneGigabyte(shaped: false), new TailOneGigabyte(shaped: true), new TailDelay(), new ScrapeManySeries(), new TlsTermination(),
    new Inference(), new RequestLog(),
];

return await new CommandLine(cases, Repository.Find(), Console.Out).RunAsync(args);

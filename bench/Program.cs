using Bench;
using Bench.Cases;
using Bench.Frame;

if (args is ["floor", var port])
{
    return await EmptyApplication.RunAsync(port);
}

IBenchCase[] cases =
[
    new PodStart(), new TailOneGigabyte(shaped: false), new TailOneGigabyte(shaped: true), new TailDelay(), new TlsTermination(), new Inference(), new RequestLog(),
];

return await new CommandLine(cases, Repository.Find(), Console.Out).RunAsync(args);

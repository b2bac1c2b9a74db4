using MetricsRelay;
using MetricsRelay.Check;
using MetricsRelay.Federate;
using MetricsRelay.Page;
using MetricsRelay.Serve;

var builder = ContainerApplication.CreateBuilder<MetricsRelayOptions>(args, "metrics-relay");
builder.OwnMetricsPath = "/-/metrics";
builder.AddVerb(CheckMetricsVerb.Name, CheckMetricsVerb.Usage, CheckMetricsVerb.RunAsync);

builder.Services
    .AddForwarding(builder.Options)
    .AddScraping()
    .AddServing();

await using var app = builder.Build();
MetricsEndpoint.Map(app.Management);
FederateEndpoint.Map(app.Management);
PageEndpoint.Map(app.Management);
return await app.RunAsync();

using MetricsRelay;
using MetricsRelay.Check;
using MetricsRelay.Federation;
using MetricsRelay.Page;
using MetricsRelay.Serving;

var builder = ContainerApplication.CreateBuilder<MetricsRelayOptions>(args, "metrics-relay");
builder.OwnMetricsPath = "/-/metrics";
builder.AddVerb(CheckMetricsVerb.Name, CheckMetricsVerb.Usage, CheckMetricsVerb.RunAsync);

builder.Services
    .AddForwarding(builder.Options)
    .AddScraping(builder.Options)
    .AddServing();

await using var app = builder.Build();
MetricsEndpoint.MapRoutes(app.Management);
FederateEndpoint.MapRoutes(app.Management);
PageEndpoint.MapRoutes(app.Management);
return await app.RunAsync();

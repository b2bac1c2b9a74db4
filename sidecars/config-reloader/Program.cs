using ConfigReloader;
using ConfigReloader.Rendering;

var builder = ContainerApplication.CreateBuilder<ConfigReloaderOptions>(args, "config-reloader");

builder.Services
    .AddWatches()
    .AddInitialSync();

await using var app = builder.Build();

// An init container opens no port and ends by itself; the verbs look at the same configuration and do not.
return builder.Options.Once && args is not ["check" or "healthcheck", ..]
    ? app.Services.GetRequiredService<InitialSync>().Run(CancellationToken.None)
    : await app.RunAsync();

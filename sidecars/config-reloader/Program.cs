using ConfigReloader;
using ConfigReloader.InitContainer;

var builder = ContainerApplication.CreateBuilder<ConfigReloaderOptions>(args, "config-reloader");

builder.Services
    .AddWatches()
    .AddInitialRender();

await using var app = builder.Build();

// As an init container the process opens no port and exits by itself. The verbs use the same configuration, but render nothing.
return builder.Options.Once && args is not ["check" or "healthcheck", ..]
    ? app.Services.GetRequiredService<InitialRender>().RenderAll(CancellationToken.None)
    : await app.RunAsync();

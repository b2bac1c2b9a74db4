using LogTailer;

var builder = ContainerApplication.CreateBuilder<LogTailerOptions>(args, "log-tailer");
builder.LogToStandardError = builder.Options.WritesLinesToStandardOutput;

builder.Services
    .AddCheckpoint()
    .AddPipelines()
    .AddDiagnostics();

await using var app = builder.Build();
return await app.RunAsync();

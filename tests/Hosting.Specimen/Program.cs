using Specimen;

if (args is ["worker", ..])
{
    var worker = ContainerApplication.CreateBuilder<SpecimenOptions>(args[1..], "specimen-worker");
    worker.LogToStandardError = true;
    worker.Services.AddHostedService<Worker>();
    await using var process = worker.Build();
    return await process.RunAsync();
}

var builder = ContainerApplication.CreateWebBuilder<SpecimenOptions>(args, "specimen");
var options = builder.Options;
builder.WebHost.ConfigureKestrel(kestrel => ListenAddress.Bind(kestrel, options.Listen.Address, options.Http.Port));
builder.Services.AddSingleton<ICheck, SpecimenCheck>();
builder.Services.AddSingleton<IStatusSection, SpecimenStatus>();
builder.Services.AddSingleton<IReloadParticipant<SpecimenOptions>, GreetingParticipant>();
builder.AddVerb("greet", "greet NAME   prints a greeting", (arguments, _) =>
{
    Console.WriteLine($"hello {string.Join(' ', arguments)}");
    return Task.FromResult(arguments.Length == 1 ? 0 : 3);
});

await using var app = builder.Build();
app.Web.MapGet("/slow", async (CancellationToken aborted) =>
{
    Console.WriteLine("slow request started");
    await Task.Delay(TimeSpan.FromSeconds(options.Http.SlowSeconds), aborted);
    return "done";
});
app.Web.MapGet("/greeting", (CurrentOptions<SpecimenOptions> current) => current.Value.Greeting);
app.Management.MapGet("/broken", string () => throw new InvalidOperationException("this endpoint always fails"));
return await app.RunAsync();

using Agent.ApiDocs;
using Agent.Classifier;
using Agent.Faults;
using Agent.Hello;
using Agent.Inference;
using Agent.Logs;
using Agent.Models.Loading;
using Agent.OpenInference;
using Agent.Pipeline;
using Agent.RequestLogging;
using Agent.Server;
using Agent.Tracing;

namespace Agent;

/// <summary>The agent: an HTTP service that predicts the sentiment of a text.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        await using var app = BuildApplication(args);
        return await app.RunAsync();
    }

    /// <summary>Wires the application without starting it.</summary>
    internal static ContainerApplication BuildApplication(string[] args)
    {
        var builder = ContainerApplication.CreateWebBuilder<AgentOptions>(args, "agent");
        var options = builder.Options;
        builder.WebHost.ListenForRequests(options.Http, options.Listen.Address);
        builder.AddVerb(TrainVerb.Name, TrainVerb.Usage, TrainVerb.RunAsync);

        builder.Services
            .AddTraceExport(options.OtlpEndpoint)
            .AddRequestLog(options.LogFile, options.RequestLog)
            .AddModel(options.Model)
            .AddFaults(options.Faults)
            .AddInference(options.Inference)
            .AddReloadableSections();

        var app = builder.Build();
        app.Web.LogListeningAddresses();
        app.Web.UseRequestPipeline();
        app.Web.UseDocsPage();

        app.Web.MapHello();
        app.Web.MapOpenApiDocument();
        app.Web.MapInference();
        app.Web.MapOpenInference();
        app.Management.MapLogs();
        return app;
    }
}

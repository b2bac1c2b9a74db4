using Agent.ApiDocs;
using Agent.Classifier;
using Agent.Faults;
using Agent.Inference;
using Agent.Logs;
using Agent.Models;
using Agent.OpenInference;
using Agent.RequestLogging;
using Agent.Requests;
using Agent.Tracing;

namespace Agent;

/// <summary>The agent: answers what mood a text is of.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        await using var app = Build(args);
        return await app.RunAsync();
    }

    /// <summary>Puts the agent together; nothing runs yet.</summary>
    internal static ContainerApplication Build(string[] args)
    {
        var builder = ContainerApplication.CreateWebBuilder<AgentOptions>(args, "agent");
        builder.WebHost.ListenForRequests(builder.Options);
        builder.AddVerb(TrainVerb.Name, TrainVerb.Usage, TrainVerb.RunAsync);

        builder.Services
            .AddTraceExport()
            .AddRequestLog()
            .AddModel()
            .AddFaults()
            .AddInference();

        var app = builder.Build();
        app.Web.AnnounceAddress();
        app.Web.UseRequests();
        app.Web.UseDocsPage();

        app.Web.MapHello();
        app.Web.MapOpenApiDocument();
        app.Web.MapInference();
        app.Web.MapOpenInference();
        app.Management.MapLogs();
        return app;
    }
}

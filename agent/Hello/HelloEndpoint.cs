using Microsoft.AspNetCore.Http.HttpResults;

namespace Agent.Hello;

/// <summary><c>GET /</c>: name, version and the first thing to try.</summary>
internal static class HelloEndpoint
{
    public static RouteHandlerBuilder MapHello(this IEndpointRouteBuilder routes) => routes.MapGet("/", SendHello);

    private static JsonHttpResult<HelloResponse> SendHello(ProcessIdentity process) => TypedResults.Json(
        new HelloResponse(process.Name, process.Version, "POST a text to /inference to classify its sentiment."),
        HelloJson.Default.HelloResponse);
}

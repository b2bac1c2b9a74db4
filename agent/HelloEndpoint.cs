using Microsoft.AspNetCore.Http.HttpResults;

namespace Agent;

/// <summary><c>GET /</c>: who is there, and where to go on.</summary>
internal static class HelloEndpoint
{
    public static RouteHandlerBuilder MapHello(this IEndpointRouteBuilder routes) => routes.MapGet("/", Greet);

    private static JsonHttpResult<Hello> Greet(ProcessIdentity process) => TypedResults.Json(
        new Hello(process.Name, process.Version, "POST a text to /inference to learn its mood."), AgentJson.Default.Hello);
}

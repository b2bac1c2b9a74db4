namespace Agent.Requests;

internal static class RequestPipeline
{
    /// <summary>Every request is observed and every failure has one shape; so this comes before anything else that answers.</summary>
    public static void UseRequests(this WebApplication app)
    {
        app.UseMiddleware<RequestObserver>();
        app.UseMiddleware<ErrorShape>();
        app.UseRouting();
    }
}

namespace Agent.Pipeline;

internal static class RequestPipeline
{
    /// <summary>Add these first: the observer must see every request, and the error handler every failure.</summary>
    public static void UseRequestPipeline(this WebApplication app)
    {
        app.UseMiddleware<RequestObserver>();
        app.UseMiddleware<ErrorHandler>();
        app.UseRouting();
    }
}

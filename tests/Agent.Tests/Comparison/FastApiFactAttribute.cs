namespace Agent.Tests.Comparison;

/// <summary>A test that compares the agent with the real FastAPI.</summary>
internal sealed class FastApiFactAttribute : FactAttribute
{
    public FastApiFactAttribute()
    {
        if (!FastApiServer.IsAvailable)
        {
            Skip = "requires Debian's packages python3-fastapi and python3-uvicorn";
        }
    }
}

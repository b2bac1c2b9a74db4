namespace Agent.Tests.Comparison;

/// <summary>A test that puts the agent beside the real FastAPI.</summary>
internal sealed class FastApiFactAttribute : FactAttribute
{
    public FastApiFactAttribute()
    {
        if (!FastApi.IsAvailable)
        {
            Skip = "needs Debian's python3-fastapi and python3-uvicorn";
        }
    }
}

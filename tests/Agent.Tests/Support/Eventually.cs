using System.Diagnostics;

namespace Agent.Tests.Support;

/// <summary>Waits for a condition by looking again and again, up to a deadline that only a broken program meets.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static Task IsTrueAsync(Func<bool> condition, string what) => IsTrueAsync(() => Task.FromResult(condition()), what);

    public static async Task IsTrueAsync(Func<Task<bool>> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Deadline, $"did not come true within {Deadline}: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }
}

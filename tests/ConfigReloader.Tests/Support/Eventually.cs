using System.Diagnostics;

namespace ConfigReloader.Tests.Support;

/// <summary>Waits for a condition, with a deadline for slow machines; the wait is between two looks, not for a time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static async Task TrueAsync(Func<bool> condition, string what) =>
        await TrueAsync(() => Task.FromResult(condition()), what);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var start = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Deadline, $"did not come within {Deadline.TotalSeconds} s: {what}");
            await timer.WaitForNextTickAsync();
        }
    }
}

using System.Diagnostics;

namespace LogTailer.Tests;

/// <summary>Waits for a condition instead of for a time.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static async Task Holds(Func<bool> condition, Func<string> otherwise, TimeSpan? deadline = null)
    {
        var began = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));

        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(began) > (deadline ?? Deadline))
            {
                Assert.Fail(otherwise());
            }

            await timer.WaitForNextTickAsync();
        }
    }
}

using System.Diagnostics;

namespace TlsProxy.Tests.Support;

/// <summary>Waits for a condition, with a deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(60);

    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), what);

    /// <param name="condition">Asked again and again.</param>
    /// <param name="what">Waited for, to be told when it does not come.</param>
    /// <param name="within">Where the time is a promise; otherwise as long as a slow machine may take.</param>
    public static async Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? within = null)
    {
        var deadline = within ?? Enough;
        var started = Stopwatch.GetTimestamp();
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > deadline)
            {
                throw new TimeoutException($"not within {deadline.TotalSeconds} s: {what}");
            }

            await pause.WaitForNextTickAsync();
        }
    }
}

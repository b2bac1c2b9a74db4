using System.Diagnostics;

namespace MetricsRelay.Tests;

/// <summary>Waits for a condition, with a deadline that only a broken build meets.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static async Task<T> GetsAsync<T>(Func<Task<T>> read, Func<T, bool> enough, Func<T, string>? describe = null)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var value = await read();
            if (enough(value))
            {
                return value;
            }

            if (Stopwatch.GetElapsedTime(start) > Deadline)
            {
                Assert.Fail($"Still not so after {Deadline}: {(describe is null ? value?.ToString() : describe(value))}");
            }

            using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            await poll.WaitForNextTickAsync();
        }
    }

    public static Task IsTrueAsync(Func<bool> condition) => GetsAsync(() => Task.FromResult(condition()), so => so);
}

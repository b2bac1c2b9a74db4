namespace TestKit;

/// <summary>Waits for a condition, never for a time: ends as soon as it holds, and fails with its last state at the deadline.</summary>
public static class Eventually
{
    /// <summary>Generous, because a machine that runs tests is slow and shared; a test that passes does not wait for it.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until <paramref name="condition"/> holds.</summary>
    /// <param name="condition">What is waited for.</param>
    /// <param name="what">What to say when it never comes, with the state at the end.</param>
    /// <param name="deadline">How long at most; <see cref="Deadline"/> by default.</param>
    public static async Task HoldsAsync(Func<Task<bool>> condition, Func<string> what, TimeSpan? deadline = null)
    {
        var end = Environment.TickCount64 + (long)(deadline ?? Deadline).TotalMilliseconds;
        while (!await condition())
        {
            if (Environment.TickCount64 > end)
            {
                throw new TimeoutException($"did not come within {deadline ?? Deadline}: {what()}");
            }

            await Task.Delay(Step);
        }
    }

    /// <inheritdoc cref="HoldsAsync(Func{Task{bool}}, Func{string}, TimeSpan?)"/>
    public static Task HoldsAsync(Func<bool> condition, Func<string> what, TimeSpan? deadline = null) =>
        HoldsAsync(() => Task.FromResult(condition()), what, deadline);

    /// <inheritdoc cref="HoldsAsync(Func{Task{bool}}, Func{string}, TimeSpan?)"/>
    public static Task HoldsAsync(Func<bool> condition, string what, TimeSpan? deadline = null) =>
        HoldsAsync(() => Task.FromResult(condition()), () => what, deadline);
}

using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace TestKit;

/// <summary>Polls a condition instead of sleeping: returns as soon as it is true and fails with the last state at the deadline.</summary>
public static class Eventually
{
    /// <summary>The default deadline. Generous because test machines are slow and shared; a passing test never waits this long.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until <paramref name="condition"/> is true.</summary>
    /// <param name="condition">Evaluated every 20 ms.</param>
    /// <param name="describe">Creates the failure message; called at the deadline, so it can include the state at that moment.</param>
    /// <param name="deadline">The longest wait; <see cref="Deadline"/> by default.</param>
    /// <exception cref="TimeoutException">The condition was still false at the deadline.</exception>
    public static async Task AssertAsync(Func<Task<bool>> condition, Func<string> describe, TimeSpan? deadline = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        ArgumentNullException.ThrowIfNull(describe);
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > (deadline ?? Deadline))
            {
                throw new TimeoutException($"Still false after {deadline ?? Deadline}: {describe()}");
            }

            await Task.Delay(PollInterval);
        }
    }

    /// <inheritdoc cref="AssertAsync(Func{Task{bool}}, Func{string}, TimeSpan?)"/>
    public static Task AssertAsync(Func<bool> condition, Func<string> describe, TimeSpan? deadline = null) =>
        AssertAsync(() => Task.FromResult(condition()), describe, deadline);

    /// <summary>Waits until <paramref name="condition"/> is true.</summary>
    /// <param name="condition">Evaluated every 20 ms.</param>
    /// <param name="message">The failure message; the source text of the condition by default.</param>
    /// <param name="deadline">The longest wait; <see cref="Deadline"/> by default.</param>
    /// <param name="expression">Filled in by the compiler.</param>
    /// <exception cref="TimeoutException">The condition was still false at the deadline.</exception>
    public static Task AssertAsync(
        Func<Task<bool>> condition,
        string? message = null,
        TimeSpan? deadline = null,
        [CallerArgumentExpression(nameof(condition))] string? expression = null) =>
        AssertAsync(condition, () => message ?? expression!, deadline);

    /// <inheritdoc cref="AssertAsync(Func{Task{bool}}, string?, TimeSpan?, string?)"/>
    public static Task AssertAsync(
        Func<bool> condition,
        string? message = null,
        TimeSpan? deadline = null,
        [CallerArgumentExpression(nameof(condition))] string? expression = null) =>
        AssertAsync(() => Task.FromResult(condition()), () => message ?? expression!, deadline);

    /// <summary>Reads a value repeatedly until it is the expected one.</summary>
    /// <param name="read">Reads the value; called every 20 ms.</param>
    /// <param name="isExpected">Whether the value ends the wait.</param>
    /// <param name="describe">Describes the last value in the failure message; its <c>ToString</c> by default.</param>
    /// <param name="deadline">The longest wait; <see cref="Deadline"/> by default.</param>
    /// <returns>The first expected value.</returns>
    /// <exception cref="TimeoutException">The value was still not the expected one at the deadline.</exception>
    public static async Task<T> ReadAsync<T>(
        Func<Task<T>> read, Func<T, bool> isExpected, Func<T, string>? describe = null, TimeSpan? deadline = null)
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentNullException.ThrowIfNull(isExpected);
        T value = default!;
        await AssertAsync(
            async () => isExpected(value = await read()),
            () => describe is null ? $"{value}" : describe(value),
            deadline);
        return value;
    }
}

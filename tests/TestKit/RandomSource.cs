using System.Globalization;
using System.Runtime.CompilerServices;
using Xunit.Abstractions;

namespace TestKit;

/// <summary>
/// A random source for tests. It prints its seed, and it repeats a run with the environment variable <c>TEST_SEED</c>:
/// <c>TEST_SEED=1234 dotnet test tests/Agent.Tests --filter NAME</c>.
/// </summary>
public sealed class RandomSource : Random
{
    private RandomSource(int seed)
        : base(seed) => Seed = seed;

    /// <summary>The seed; put it into failure messages.</summary>
    public int Seed { get; }

    /// <summary>Creates a source with the seed of <c>TEST_SEED</c> or a new one, and prints it.</summary>
    /// <param name="output">The output of the test; the console by default.</param>
    /// <param name="test">Filled in by the compiler.</param>
    public static RandomSource Create(ITestOutputHelper? output = null, [CallerMemberName] string test = "")
    {
        var value = Environment.GetEnvironmentVariable("TEST_SEED");
        if (!int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seed))
        {
            seed = string.IsNullOrEmpty(value)
                ? Shared.Next()
                : throw new InvalidOperationException($"TEST_SEED is '{value}'. Set it to a whole number.");
        }

        var message = string.Create(CultureInfo.InvariantCulture, $"TEST_SEED={seed} {test}");
        if (output is null)
        {
            Console.WriteLine(message);
        }
        else
        {
            output.WriteLine(message);
        }

        return new RandomSource(seed);
    }
}

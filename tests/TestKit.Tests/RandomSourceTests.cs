using Xunit.Abstractions;

namespace TestKit.Tests;

public sealed class RandomSourceTests(ITestOutputHelper output)
{
    [Fact]
    public void Seed_repeats_the_same_numbers()
    {
        var source = RandomSource.Create(output);

        Assert.Equal(new Random(source.Seed).Next(), source.Next());
    }
}

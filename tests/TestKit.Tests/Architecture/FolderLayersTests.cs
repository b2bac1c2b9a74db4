using TestKit.Architecture;

namespace TestKit.Tests.Architecture;

public sealed class FolderLayersTests
{
    private const string Fixtures = "TestKit.Tests.Architecture";

    [Fact]
    public void Two_folders_that_import_each_other_are_reported_with_both_edges()
    {
        var cycles = FolderLayers.FindCycles(typeof(FolderLayersTests).Assembly, Fixtures + ".Cyclic");

        Assert.Equal(2, cycles.Count);
        Assert.Contains(cycles, edge => edge.StartsWith($"{Fixtures}.Cyclic.Left -> {Fixtures}.Cyclic.Right: ", StringComparison.Ordinal));
        Assert.Contains(cycles, edge => edge.StartsWith($"{Fixtures}.Cyclic.Right -> {Fixtures}.Cyclic.Left: ", StringComparison.Ordinal));
    }

    [Fact]
    public void Folders_with_imports_in_one_direction_are_accepted() =>
        Assert.Empty(FolderLayers.FindCycles(typeof(FolderLayersTests).Assembly, Fixtures + ".Layered"));

    [Fact]
    public void An_assembly_with_a_cycle_fails_the_assertion_with_the_edge()
    {
        var exception = Assert.Throws<InvalidOperationException>(() => FolderLayers.AssertOneWay(typeof(FolderLayersTests).Assembly));

        Assert.Contains("Cyclic.Left.Client uses", exception.Message, StringComparison.Ordinal);
    }
}

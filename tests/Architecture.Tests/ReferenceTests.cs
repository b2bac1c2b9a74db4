namespace Architecture.Tests;

/// <summary>References between projects point one way: agent, sidecars and lab refer to hosting, and to nothing else of ours.</summary>
public sealed class ReferenceTests
{
    public static TheoryData<string> Projects => [.. ProductAssembly.All.Select(assembly => assembly.Name)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_refers_only_to_allowed_projects(string name)
    {
        var assembly = ProductAssembly.All.Single(assembly => assembly.Name == name);
        string[] allowed = name switch
        {
            "Hosting" => [],
            "Bench" => ["TestKit"],
            _ => ["Hosting"],
        };

        var ours = ProductAssembly.All.Select(other => other.Name).Append("TestKit").Except(allowed);

        Assert.Empty(assembly.ReadReferences().Intersect(ours));
    }

    [Fact]
    public void Sidecars_are_referenced_by_no_project()
    {
        var sidecars = ProductAssembly.All.Where(assembly => assembly.IsSidecar).Select(assembly => assembly.Name).ToArray();
        Assert.NotEmpty(sidecars);

        Assert.All(ProductAssembly.All, assembly => Assert.Empty(assembly.ReadReferences().Intersect(sidecars)));
    }

    [Fact]
    public void Agent_and_sidecars_are_built_on_hosting() =>
        Assert.All(
            ProductAssembly.All.Where(assembly => assembly.IsSidecar || assembly.Name == "Agent"),
            assembly => Assert.Contains("Hosting", assembly.ReadReferences()));
}

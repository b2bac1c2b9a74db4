using Lab.Containers.Local;

namespace Lab.Tests.Containers;

public sealed class VariableExpansionTests
{
    [Theory]
    [InlineData("$(A)", "1")]
    [InlineData("x$(A)y$(B)", "x1y2")]
    [InlineData("$$(A)", "$(A)")]
    [InlineData("$(NOPE)", "$(NOPE)")]
    [InlineData("$A $ $$ $(A", "$A $ $ $(A")]
    public void Variables_are_expanded_as_in_Kubernetes(string text, string expected) =>
        Assert.Equal(expected, VariableExpansion.ExpandVariables(text, new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" }));
}

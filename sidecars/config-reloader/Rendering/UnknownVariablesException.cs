namespace ConfigReloader.Rendering;

/// <summary>The source has placeholders without a value. Only a change of the source or of the environment fixes this.</summary>
internal sealed class UnknownVariablesException(IReadOnlyList<UnknownVariable> unknown)
    : Exception(DescribeVariables(unknown))
{
    /// <summary>What to do about it.</summary>
    public const string Remedy = "Set the variable in this container, or write $$(NAME) if you mean the literal text.";

    private const int MaxListed = 10;

    private static string DescribeVariables(IReadOnlyList<UnknownVariable> unknown) =>
        "environment variable not set: " + string.Join(", ", unknown.Take(MaxListed)) +
        (unknown.Count > MaxListed ? $" and {unknown.Count - MaxListed} more" : "");
}

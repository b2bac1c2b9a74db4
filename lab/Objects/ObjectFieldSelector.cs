namespace Lab.Objects;

internal sealed record ObjectFieldSelector
{
    /// <summary>Such as <c>metadata.name</c> or <c>metadata.labels['app']</c>.</summary>
    public string FieldPath { get; init; } = "";
}

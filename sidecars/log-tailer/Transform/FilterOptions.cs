namespace LogTailer.Transform;

/// <summary>Lines that are not shipped.</summary>
public sealed class FilterOptions : IValidatable
{
    /// <summary>
    /// Conditions <c>field=value</c>; a <c>*</c> at the end of the value matches a prefix. A JSON line whose top-level field matches one of
    /// them is not shipped, and counted. Default: none.
    /// </summary>
    public string[] Drop { get; set; } = [];

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        foreach (var condition in Drop)
        {
            if (condition.IndexOf('=', StringComparison.Ordinal) <= 0)
            {
                yield return new ConfigurationError($"{path}Drop", condition, "Use the form field=value, such as path=/health*.");
            }
        }
    }
}

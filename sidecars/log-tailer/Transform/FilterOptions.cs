
namespace LogTailer.Transform;

/// <summary>Which lines are not shipped.</summary>
public sealed class FilterOptions : IValidatable
{
    /// <summary>
    /// Conditions <c>field=value</c>, the value with a <c>*</c> at its end for a prefix; a JSON line whose field (at the top level)
    /// meets one of them is not shipped, and counted. Default: none.
    /// </summary>
    public string[] Drop { get; set; } = [];

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        foreach (var condition in Drop)
        {
            if (condition.IndexOf('=', StringComparison.Ordinal) <= 0)
            {
                yield return new ConfigurationError($"{path}Drop", condition, "Give field=value, such as path=/health*.");
            }
        }
    }
}

using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Hosting.Configuration;

/// <summary>
/// The allowed range of a duration, both ends included, in the form <c>00:00:05</c>. <see cref="RangeAttribute"/> converts its
/// ends by reflection, which a natively compiled program does not support.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DurationRangeAttribute(string minimum, string maximum) : ValidationAttribute
{
    /// <summary>The shortest allowed duration.</summary>
    public TimeSpan Minimum { get; } = TimeSpan.Parse(minimum, CultureInfo.InvariantCulture);

    /// <summary>The longest allowed duration.</summary>
    public TimeSpan Maximum { get; } = TimeSpan.Parse(maximum, CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override bool IsValid(object? value) =>
        value is null || (value is TimeSpan duration && duration >= Minimum && duration <= Maximum);
}

using System.Globalization;
using System.Text.Json.Serialization;

namespace Lab.Objects;

/// <summary>A port, by number or by name.</summary>
[JsonConverter(typeof(IntOrStringConverter))]
internal readonly record struct IntOrString(int? Number, string? Text)
{
    public override string ToString() => Number?.ToString(CultureInfo.InvariantCulture) ?? Text ?? "";
}

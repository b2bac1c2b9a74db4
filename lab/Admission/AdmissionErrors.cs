using System.Globalization;

namespace Lab.Admission;

/// <summary>Collects the mistakes in a Pod's spec. Paths start at the spec (<c>containers[0].image</c>).</summary>
/// <param name="prefix">The path of the spec in the object, for messages.</param>
internal sealed class AdmissionErrors(string prefix)
{
    private readonly List<ObjectError> _errors = [];

    public IReadOnlyList<ObjectError> Errors => _errors;

    /// <summary>The path of a field in the object.</summary>
    public string GetFullPath(string path) => $"{prefix}.{path}";

    /// <summary>Adds a mistake; the message starts with the full path of the field.</summary>
    public void AddError(string path, string message) => AddMessage(path, $"{GetFullPath(path)}: {message}");

    /// <summary>Adds a mistake with a complete message; null for no mistake.</summary>
    public void AddMessage(string path, string? message)
    {
        if (message is not null)
        {
            _errors.Add(new(path, message));
        }
    }

    public void AddInvalidValue(string path, object value, string message)
    {
        var shown = value is string text ? $"\"{text}\"" : Convert.ToString(value, CultureInfo.InvariantCulture);
        AddError(path, $"Invalid value: {shown}: {message}");
    }
}

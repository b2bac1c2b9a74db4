namespace Agent.Models;

/// <summary>Which model answers.</summary>
public sealed class ModelOptions
{
    /// <summary>Weights file as the <c>train</c> verb writes it. Default empty: the built-in model.</summary>
    public string Path { get; set; } = "";
}

namespace ConfigReloader.Rendering;

/// <summary>Whether placeholders <c>$(NAME)</c> are replaced by environment variables, and where the result is written.</summary>
internal sealed class RenderOptions
{
    /// <summary>
    /// The directory (for a watched directory) or file (for a watched file) that the application reads, on a volume that both
    /// containers mount. No default: nothing is rendered.
    /// </summary>
    public string? To { get; set; }
}

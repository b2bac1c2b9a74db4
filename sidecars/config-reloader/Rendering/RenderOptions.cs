namespace ConfigReloader.Rendering;

/// <summary>Whether placeholders <c>$(NAME)</c> are replaced by environment variables, and where the result goes.</summary>
internal sealed class RenderOptions
{
    /// <summary>
    /// Of a watched directory the directory, of a watched file the file that the application reads, on a volume that both
    /// containers mount. No default: nothing is rendered.
    /// </summary>
    public string? To { get; set; }
}

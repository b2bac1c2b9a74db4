namespace ConfigReloader.Watching;

/// <summary>How a rendering ended. The names are also the values of the metric label <c>outcome</c>.</summary>
internal enum RenderOutcome
{
    /// <summary>The output was replaced.</summary>
    Written,

    /// <summary>The output already had this content.</summary>
    Unchanged,

    /// <summary>A placeholder has no value; the output was left unchanged.</summary>
    Refused,

    /// <summary>The output could not be written.</summary>
    Failed,
}

namespace Hosting.Configuration;

/// <summary>The form of a key's value.</summary>
internal enum OptionsKeyKind
{
    /// <summary>One value.</summary>
    Scalar,

    /// <summary>A list of values: one comma-separated value, or one indexed key per item.</summary>
    List,

    /// <summary>Any keys below this one.</summary>
    Subtree,
}

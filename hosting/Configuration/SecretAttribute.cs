namespace Hosting.Configuration;

/// <summary>
/// The value is a secret: it is masked wherever it is shown, and rejected as a flag, because every user of the machine
/// can read the flags in the process list.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretAttribute : Attribute;

namespace Hosting.Configuration;

/// <summary>
/// The value is a secret: it is masked wherever it is shown, and refused as a flag, which every user of the machine
/// could read in the process list.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretAttribute : Attribute;

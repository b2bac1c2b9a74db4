namespace TestKit.Architecture;

/// <summary>One type of an assembly uses another type of the same assembly.</summary>
/// <param name="User">The full name of the using type; a nested type counts as the type that contains it.</param>
/// <param name="Used">The full name of the used type, likewise.</param>
public sealed record TypeUse(string User, string Used);

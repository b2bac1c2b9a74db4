namespace TestKit.Tests.Architecture.Layered.Bottom;

/// <summary>A type at the bottom; imports nothing.</summary>
internal readonly record struct Position(long Offset);

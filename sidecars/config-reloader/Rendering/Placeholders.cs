using System.Buffers;
using System.Text;

namespace ConfigReloader.Rendering;

/// <summary>
/// Replaces <c>$(NAME)</c> by the value of the environment variable <c>NAME</c>, with the rules that Kubernetes applies to
/// <c>command</c> and <c>args</c>: <c>$$(NAME)</c> becomes the text <c>$(NAME)</c>. Anything else stays unchanged
/// (<c>$(date +%s)</c>, <c>${NAME}</c>, <c>$1</c>). Unlike in Kubernetes, an unknown variable is an error.
/// </summary>
/// <remarks>Works on bytes, so files in any encoding and binary files are preserved.</remarks>
internal static class Placeholders
{
    private static readonly SearchValues<byte> NameBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"u8);

    /// <summary>Renders one file.</summary>
    /// <param name="file">File name for error messages.</param>
    /// <param name="template">The bytes with placeholders.</param>
    /// <param name="readVariable">Returns the value of a variable, or null if it is not set.</param>
    /// <param name="unknown">Receives every placeholder that has no value.</param>
    public static ReadOnlyMemory<byte> ReplacePlaceholders(
        string file, ReadOnlyMemory<byte> template, Func<string, string?> readVariable, ICollection<UnknownVariable> unknown)
    {
        var rest = template.Span;
        if (rest.IndexOf("$("u8) < 0)
        {
            return template;
        }

        var output = new ArrayBufferWriter<byte>(template.Length + 256);
        var line = 1;
        while (rest.IndexOf((byte)'$') is var dollar and >= 0)
        {
            output.Write(rest[..dollar]);
            line += rest[..dollar].Count((byte)'\n');
            rest = rest[dollar..];

            var escaped = rest.StartsWith("$$("u8);
            var name = ReadVariableName(rest[(escaped ? 2 : 1)..]);
            if (name is null)
            {
                output.Write(rest[..1]);
                rest = rest[1..];
            }
            else if (escaped)
            {
                output.Write(rest.Slice(1, name.Length + 3));
                rest = rest[(name.Length + 4)..];
            }
            else
            {
                if (readVariable(name) is { } value)
                {
                    output.Write(Encoding.UTF8.GetBytes(value));
                }
                else
                {
                    unknown.Add(new UnknownVariable(file, line, name));
                }

                rest = rest[(name.Length + 3)..];
            }
        }

        output.Write(rest);
        return output.WrittenMemory;
    }

    /// <summary>The name of the variable if the bytes start with <c>(NAME)</c>, otherwise null.</summary>
    private static string? ReadVariableName(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[0] != '(')
        {
            return null;
        }

        var length = bytes[1..].IndexOfAnyExcept(NameBytes);
        return length > 0 && bytes[1 + length] == ')' && !char.IsAsciiDigit((char)bytes[1])
            ? Encoding.ASCII.GetString(bytes.Slice(1, length))
            : null;
    }
}

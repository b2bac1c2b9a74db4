using System.Buffers;
using System.Text;

namespace ConfigReloader.Rendering;

/// <summary>
/// Replaces <c>$(NAME)</c> by the value of the environment variable <c>NAME</c>, with Kubernetes' own rules for
/// <c>command</c> and <c>args</c>: <c>$$(NAME)</c> stands for the text <c>$(NAME)</c>. What is not a variable's name in
/// parentheses stays as it is (<c>$(date +%s)</c>, <c>${NAME}</c>, <c>$1</c>). Unlike Kubernetes, an unknown variable
/// is an error.
/// </summary>
/// <remarks>Works on bytes, so that a file in any encoding, or none, comes out as it went in.</remarks>
internal static class Placeholders
{
    private static readonly SearchValues<byte> NameBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"u8);

    /// <summary>Renders one file.</summary>
    /// <param name="file">Name for the errors.</param>
    /// <param name="template">The bytes with placeholders.</param>
    /// <param name="variable">Value of a variable, or null where it is not set.</param>
    /// <param name="unknown">Takes every placeholder that has no value.</param>
    public static ReadOnlyMemory<byte> Render(
        string file, ReadOnlyMemory<byte> template, Func<string, string?> variable, ICollection<UnknownVariable> unknown)
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
            var name = NameIn(rest[(escaped ? 2 : 1)..]);
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
                if (variable(name) is { } value)
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

    /// <summary>The variable's name where the bytes begin with <c>(NAME)</c>, else null.</summary>
    private static string? NameIn(ReadOnlySpan<byte> bytes)
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

using System.Text;

namespace Lab.Containers.Local;

/// <summary>
/// Expands <c>$(NAME)</c> in commands and values as Kubernetes does: unknown names stay unchanged, and <c>$$</c> is a dollar sign.
/// </summary>
internal static class VariableExpansion
{
    public static string ExpandVariables(string text, IReadOnlyDictionary<string, string> variables)
    {
        var result = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] != '$' || at + 1 == text.Length)
            {
                result.Append(text[at]);
                continue;
            }

            if (text[at + 1] == '$')
            {
                result.Append('$');
                at++;
                continue;
            }

            var end = text[at + 1] == '(' ? text.IndexOf(')', at) : -1;
            if (end < 0)
            {
                result.Append('$');
                continue;
            }

            var name = text[(at + 2)..end];
            result.Append(variables.TryGetValue(name, out var value) ? value : text[at..(end + 1)]);
            at = end;
        }

        return result.ToString();
    }
}

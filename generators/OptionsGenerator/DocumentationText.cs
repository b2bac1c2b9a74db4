using Microsoft.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace OptionsGenerator;

/// <summary>Turns the summary of a documentation comment into one line of plain text.</summary>
internal static class DocumentationText
{
    /// <summary>The summary of a symbol, or an empty text without one.</summary>
    public static string ReadSummary(ISymbol symbol, CancellationToken cancellation)
    {
        var xml = symbol.GetDocumentationCommentXml(expandIncludes: true, cancellationToken: cancellation);
        if (string.IsNullOrEmpty(xml))
        {
            return "";
        }

        try
        {
            var text = new StringBuilder();
            AppendText(text, XElement.Parse(xml, LoadOptions.PreserveWhitespace).DescendantsAndSelf("summary").FirstOrDefault());
            return Regex.Replace(text.ToString(), @"\s+", " ").Trim();
        }
        catch (XmlException)
        {
            // The compiler reports a malformed comment itself.
            return "";
        }
    }

    private static void AppendText(StringBuilder text, XElement? element)
    {
        foreach (var node in element?.Nodes() ?? [])
        {
            switch (node)
            {
                case XText content:
                    text.Append(content.Value);
                    break;
                case XElement { IsEmpty: true } reference:
                    text.Append(ReadReference(reference));
                    break;
                case XElement child:
                    AppendText(text, child);
                    break;
            }
        }
    }

    // A reference such as P:Space.Type.Member becomes Member, and <see langword="null"/> becomes null.
    private static string ReadReference(XElement element)
    {
        var target = element.Attributes().Select(attribute => attribute.Value).FirstOrDefault() ?? " ";
        var name = target.Split('(')[0];
        return name.Substring(name.LastIndexOf('.') + 1);
    }
}

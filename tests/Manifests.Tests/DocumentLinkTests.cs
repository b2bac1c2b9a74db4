using System.Text.RegularExpressions;

namespace Manifests.Tests;

/// <summary>The documents lead somewhere: every relative link names a file, and every anchor a heading.</summary>
public sealed partial class DocumentLinkTests
{
    private static readonly string[] BuildFolders = ["bin", "obj", "artifacts", "node_modules", ".lab", ".git", "StrykerOutput"];

    public static TheoryData<string> Documents => [.. FindDocuments(new DirectoryInfo(TestKit.Repository.Root))];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_relative_link_of_a_document_names_an_existing_file_and_heading(string document)
    {
        var text = RemoveCode(TestKit.Repository.ReadText(document));
        var broken = LinkPattern().Matches(text).Select(link => link.Groups["target"].Value).Where(target => !Exists(document, target));
        Assert.Empty(broken);
    }

    [Fact]
    public void Every_action_of_a_workflow_is_pinned_by_its_commit()
    {
        var unpinned = Directory.GetFiles(Path.Combine(TestKit.Repository.Root, ".github/workflows"))
            .SelectMany(File.ReadLines)
            .Select(line => UsesPattern().Match(line))
            .Where(uses => uses.Success && !PinnedPattern().IsMatch(uses.Groups["action"].Value))
            .Select(uses => uses.Groups["action"].Value);
        Assert.Empty(unpinned);
    }

    private static bool Exists(string document, string target)
    {
        if (SchemePattern().IsMatch(target))
        {
            return true;
        }

        var parts = target.Split('#', 2);
        var path = parts[0].Length == 0
            ? document
            : Path.GetRelativePath(TestKit.Repository.Root, Path.Combine(TestKit.Repository.Root, Path.GetDirectoryName(document)!, parts[0]));
        var full = Path.Combine(TestKit.Repository.Root, path);
        return parts.Length == 1 ? Path.Exists(full) : File.Exists(full) && FindAnchors(path).Contains(parts[1]);
    }

    /// <summary>The anchors that GitHub gives a document's headings.</summary>
    private static HashSet<string> FindAnchors(string document) =>
        [.. HeadingPattern().Matches(TestKit.Repository.ReadText(document)).Select(heading => NameAnchor(heading.Groups["text"].Value))];

    private static string NameAnchor(string heading) => PunctuationPattern().Replace(heading.Trim().ToLowerInvariant(), "").Replace(' ', '-');

    private static string RemoveCode(string text) => CodePattern().Replace(text, "");

    private static IEnumerable<string> FindDocuments(DirectoryInfo directory) => directory.EnumerateFiles("*.md")
        .Select(file => Path.GetRelativePath(TestKit.Repository.Root, file.FullName))
        .Concat(directory.EnumerateDirectories().Where(child => !BuildFolders.Contains(child.Name)).SelectMany(FindDocuments));

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex LinkPattern();

    [GeneratedRegex("^[a-z]+:")]
    private static partial Regex SchemePattern();

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex HeadingPattern();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex PunctuationPattern();

    [GeneratedRegex("```.*?```|`[^`\n]*`", RegexOptions.Singleline)]
    private static partial Regex CodePattern();

    [GeneratedRegex(@"^\s*(- )?uses:\s*(?<action>\S+)")]
    private static partial Regex UsesPattern();

    /// <summary>A full commit, or a workflow of this repository.</summary>
    [GeneratedRegex(@"@[0-9a-f]{40}$|^\./")]
    private static partial Regex PinnedPattern();
}

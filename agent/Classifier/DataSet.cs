using System.Security.Cryptography;
using System.Text;

namespace Agent.Classifier;

/// <summary>Labeled texts from a TSV file: a header line <c>label⇥text</c>, then one text per line, in UTF-8.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Sha256">The digest of the file's bytes, in hex: it identifies the training data in a weights file.</param>
/// <param name="Texts">The texts, in the file's order.</param>
internal sealed record DataSet(string Name, string Sha256, IReadOnlyList<LabeledText> Texts)
{
    private const string Header = "label\ttext";

    /// <exception cref="InvalidDataException">A line is malformed; the message names it.</exception>
    public static DataSet LoadFile(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var lines = Encoding.UTF8.GetString(bytes).Split('\n');
        if (lines[0].TrimEnd('\r') != Header)
        {
            throw new InvalidDataException($"{path}:1: expected the header 'label<TAB>text'");
        }

        var texts = new List<LabeledText>(lines.Length);
        for (var i = 1; i < lines.Length; i++)
        {
            var line = lines[i].TrimEnd('\r');
            if (line.Length == 0)
            {
                continue;
            }

            var parts = line.Split('\t');
            if (parts.Length != 2 || parts[0].Length == 0 || parts[1].Length == 0)
            {
                throw new InvalidDataException($"{path}:{i + 1}: expected a label, one tab and a text");
            }

            texts.Add(new LabeledText(parts[0], parts[1]));
        }

        return new DataSet(Path.GetFileName(path), Convert.ToHexStringLower(SHA256.HashData(bytes)), texts);
    }
}

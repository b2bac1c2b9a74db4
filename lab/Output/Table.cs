using System.Text;

namespace Lab.Output;

/// <summary>Columns as kubectl aligns them: three spaces between.</summary>
internal static class Table
{
    public static IEnumerable<string> Lines(IReadOnlyList<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
        {
            var line = new StringBuilder();
            for (var column = 0; column < row.Length; column++)
            {
                line.Append(row[column].PadRight(widths[column])).Append("   ");
            }

            yield return line.ToString().TrimEnd();
        }
    }
}

using System.Text;

namespace Lab.Output;

/// <summary>Aligns columns as kubectl does, with three spaces between them.</summary>
internal static class TableFormatter
{
    public static IEnumerable<string> FormatRows(IReadOnlyList<string[]> rows)
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

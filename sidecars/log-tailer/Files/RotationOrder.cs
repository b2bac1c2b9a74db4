using System.Globalization;

namespace LogTailer.Files;

/// <summary>Orders files from oldest to newest: by modification time, then by the number that rotation added to the name.</summary>
internal sealed class RotationOrder : IComparer<FollowedFile>
{
    public static RotationOrder Instance { get; } = new();

    public int Compare(FollowedFile? x, FollowedFile? y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);

        // A rotated file is older than one that still matches the path or glob.
        var rotated = (x.RotatedAt is null).CompareTo(y.RotatedAt is null);
        var written = rotated != 0 ? rotated : x.Modified.CompareTo(y.Modified);

        return written != 0 ? written : CompareNames(Path.GetFileName(x.Path), Path.GetFileName(y.Path));
    }

    /// <summary>
    /// Compares two file names. A number after the name counts down: <c>app.log.2</c> is older than <c>app.log.1</c>, which is older
    /// than <c>app.log</c>. A number within the name counts up: <c>app_001.log</c> is older than <c>app_002.log</c>.
    /// </summary>
    public static int CompareNames(string x, string y)
    {
        var (stemX, numberX) = SplitTrailingNumber(x);
        var (stemY, numberY) = SplitTrailingNumber(y);

        return string.Equals(stemX, stemY, StringComparison.Ordinal)
            ? numberY.CompareTo(numberX)
            : CompareNaturally(x, y);
    }

    /// <summary>Compares runs of digits by value and everything else by character.</summary>
    private static int CompareNaturally(ReadOnlySpan<char> x, ReadOnlySpan<char> y)
    {
        while (!x.IsEmpty && !y.IsEmpty)
        {
            int order;
            int lengthX = 1, lengthY = 1;

            if (char.IsAsciiDigit(x[0]) && char.IsAsciiDigit(y[0]))
            {
                (lengthX, lengthY) = (CountLeadingDigits(x), CountLeadingDigits(y));
                var valueX = x[..lengthX].TrimStart('0');
                var valueY = y[..lengthY].TrimStart('0');
                order = valueX.Length != valueY.Length ? valueX.Length - valueY.Length : valueX.SequenceCompareTo(valueY);
            }
            else
            {
                order = x[0].CompareTo(y[0]);
            }

            if (order != 0)
            {
                return order;
            }

            x = x[lengthX..];
            y = y[lengthY..];
        }

        return x.Length - y.Length;
    }

    private static int CountLeadingDigits(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length : end;
    }

    /// <summary>
    /// Splits a trailing number off the name. Without one the number is -1, so that the file with the original name is the newest.
    /// </summary>
    private static (string Stem, long Number) SplitTrailingNumber(string name)
    {
        var dot = name.LastIndexOf('.');

        return dot > 0 && long.TryParse(name.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (name[..dot], number)
            : (name, -1);
    }
}

using System.Globalization;

namespace LogTailer.Follow;

/// <summary>Oldest first: by last write, and where that is the same by the number that rotation gave.</summary>
internal sealed class RotationOrder : IComparer<FollowedFile>
{
    public static RotationOrder Instance { get; } = new();

    public int Compare(FollowedFile? x, FollowedFile? y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);

        // What has left the path was there before what is there now.
        var left = (x.LeftAt is null).CompareTo(y.LeftAt is null);
        var written = left != 0 ? left : x.Modified.CompareTo(y.Modified);

        return written != 0 ? written : CompareNames(Path.GetFileName(x.Path), Path.GetFileName(y.Path));
    }

    /// <summary>
    /// <c>app.log.2</c> is older than <c>app.log.1</c>, and that than <c>app.log</c> (a number behind the name: rotated away);
    /// <c>app_001.log</c> is older than <c>app_002.log</c> (a number within the name: rolled onward).
    /// </summary>
    public static int CompareNames(string x, string y)
    {
        var (stemX, numberX) = SplitNumber(x);
        var (stemY, numberY) = SplitNumber(y);

        return string.Equals(stemX, stemY, StringComparison.Ordinal)
            ? numberY.CompareTo(numberX)
            : CompareNaturally(x, y);
    }

    /// <summary>Runs of digits compare by their value, all else by its characters.</summary>
    private static int CompareNaturally(ReadOnlySpan<char> x, ReadOnlySpan<char> y)
    {
        while (!x.IsEmpty && !y.IsEmpty)
        {
            int order;
            int takenX = 1, takenY = 1;

            if (char.IsAsciiDigit(x[0]) && char.IsAsciiDigit(y[0]))
            {
                (takenX, takenY) = (DigitsOf(x), DigitsOf(y));
                var valueX = x[..takenX].TrimStart('0');
                var valueY = y[..takenY].TrimStart('0');
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

            x = x[takenX..];
            y = y[takenY..];
        }

        return x.Length - y.Length;
    }

    private static int DigitsOf(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length : end;
    }

    /// <summary>The name without a number behind it, and that number: -1 where there is none, so that the file still under its own name is the newest.</summary>
    private static (string Stem, long Number) SplitNumber(string name)
    {
        var dot = name.LastIndexOf('.');

        return dot > 0 && long.TryParse(name.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (name[..dot], number)
            : (name, -1);
    }
}

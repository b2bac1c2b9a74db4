namespace Agent.Validation;

/// <summary>Counts characters as Python does: one per Unicode code point.</summary>
internal static class CodePoints
{
    public static int CountCodePoints(string text)
    {
        var count = text.Length;
        foreach (var c in text)
        {
            if (char.IsLowSurrogate(c))
            {
                count--;
            }
        }

        return count;
    }
}

using System.Globalization;
using TlsProxy.Policies;

namespace TlsProxy.Retries;

/// <summary>When a request is tried again.</summary>
internal sealed class RetryPolicy
{
    private const double DefaultBudgetPercent = 20;

    /// <summary>Tries after the first.</summary>
    public int Attempts { get; private init; } = 1;

    /// <summary>Answers that are taken for a failure, of requests that may be repeated.</summary>
    public IReadOnlyCollection<int> StatusCodes { get; private init; } = [];

    /// <summary>
    /// Whether the route asks for it. Without that, only a request that never left is tried again, and only where there
    /// is another destination.
    /// </summary>
    public bool IsExplicit { get; private init; }

    public RetryBudget Budget { get; private init; } = new(DefaultBudgetPercent / 100);

    public static RetryPolicy Read(MetadataReader reader)
    {
        if (!reader.HasAny("Retry."))
        {
            return new RetryPolicy();
        }

        var codes = new List<int>();
        foreach (var text in reader.List("Retry.StatusCodes"))
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code is 502 or 503 or 504)
            {
                codes.Add(code);
            }
            else
            {
                reader.Refuse("Retry.StatusCodes", $"has {text}, and only 502, 503 and 504 are tried again: other answers are the application's word.");
            }
        }

        return new RetryPolicy
        {
            IsExplicit = true,
            Attempts = reader.Whole("Retry.Attempts", 1, 0, 10),
            StatusCodes = codes,
            Budget = new RetryBudget(reader.Share("Retry.BudgetPercent", DefaultBudgetPercent)),
        };
    }
}

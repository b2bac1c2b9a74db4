using System.Globalization;
using TlsProxy.Metadata;

namespace TlsProxy.Retries;

/// <summary>When a request is sent again.</summary>
internal sealed class RetryPolicy
{
    private const double DefaultBudgetPercent = 20;

    /// <summary>Attempts after the first one.</summary>
    public int Attempts { get; private init; } = 1;

    /// <summary>Response codes that count as a failure of an idempotent request.</summary>
    public IReadOnlyCollection<int> StatusCodes { get; private init; } = [];

    /// <summary>
    /// Whether the route configures retries. Without that, a request is sent again only if no byte of it was sent and another
    /// destination exists.
    /// </summary>
    public bool IsExplicit { get; private init; }

    public RetryBudget Budget { get; private init; } = new(DefaultBudgetPercent / 100);

    public static RetryPolicy FromMetadata(RouteMetadata metadata)
    {
        if (!metadata.ContainsGroup("Retry."))
        {
            return new RetryPolicy();
        }

        var codes = new List<int>();
        foreach (var text in metadata.GetList("Retry.StatusCodes"))
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code is 502 or 503 or 504)
            {
                codes.Add(code);
            }
            else
            {
                metadata.AddError(
                    "Retry.StatusCodes",
                    $"contains {text}, but only 502, 503 and 504 can be retried: other codes are valid responses of the application.");
            }
        }

        return new RetryPolicy
        {
            IsExplicit = true,
            Attempts = metadata.GetInteger("Retry.Attempts", 1, 0, 10),
            StatusCodes = codes,
            Budget = new RetryBudget(metadata.GetShare("Retry.BudgetPercent", DefaultBudgetPercent)),
        };
    }
}

using System.Net;
using System.Text;

namespace MetricsRelay.Forwarding;

/// <summary>The response of a receiver to one request, or the reason why there is none.</summary>
/// <param name="Status">The status, or null without a response.</param>
/// <param name="Headers">The headers by name, case-insensitive.</param>
/// <param name="Body">The start of the body.</param>
/// <param name="RetryAfter">The delay that the receiver requests, at most 5 minutes.</param>
/// <param name="Failure">Without a response: the outcome and the reason.</param>
internal sealed record ReceiverResponse(
    HttpStatusCode? Status, IReadOnlyDictionary<string, string> Headers, byte[] Body, TimeSpan? RetryAfter,
    (string Outcome, string Reason)? Failure)
{
    private const int MaxErrorLength = 500;

    public bool IsSuccess => Status is >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices;

    private string ErrorText
    {
        get
        {
            var text = Encoding.UTF8.GetString(Body).Trim();
            return text[..Math.Min(text.Length, MaxErrorLength)];
        }
    }

    /// <param name="isRetryable">Whether a request may be sent again after this status.</param>
    public SendOutcome ToOutcome(Func<HttpStatusCode, bool> isRetryable)
    {
        if (Failure is var (outcome, reason))
        {
            return new SendOutcome(outcome, false, reason);
        }

        if (IsSuccess)
        {
            return SendOutcome.Accepted;
        }

        var isRetried = isRetryable(Status!.Value);
        return new SendOutcome(isRetried ? "retried" : "refused", !isRetried, $"{(int)Status} {ErrorText}".TrimEnd(), RetryAfter);
    }
}

using System.Net;
using System.Text;

namespace MetricsRelay.Forward;

/// <summary>What a receiver answered to one request, or why it did not.</summary>
/// <param name="Status">The status, null when there was no answer.</param>
/// <param name="Headers">The answer's headers by name, in any case.</param>
/// <param name="Body">The beginning of the body.</param>
/// <param name="After">When the receiver wants the request again: in 5 minutes at most.</param>
/// <param name="Failure">The outcome and the reason where there was no answer.</param>
internal sealed record ReceiverAnswer(
    HttpStatusCode? Status, IReadOnlyDictionary<string, string> Headers, byte[] Body, TimeSpan? After, (string Outcome, string Reason)? Failure)
{
    private const int Shown = 500;

    public bool IsSuccess => Status is >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices;

    /// <summary>The outcome, given which statuses are worth another try.</summary>
    /// <param name="worthATry">Whether a request that was answered with this status may be sent again.</param>
    public SendOutcome Judge(Func<HttpStatusCode, bool> worthATry)
    {
        if (Failure is var (outcome, reason))
        {
            return new SendOutcome(outcome, false, reason);
        }

        if (IsSuccess)
        {
            return SendOutcome.Accepted;
        }

        var again = worthATry(Status!.Value);
        return new SendOutcome(again ? "retried" : "refused", !again, $"{(int)Status} {Text}".TrimEnd(), After);
    }

    private string Text
    {
        get
        {
            var text = Encoding.UTF8.GetString(Body).Trim();
            return text[..Math.Min(text.Length, Shown)];
        }
    }
}

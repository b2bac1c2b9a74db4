namespace ConfigReloader.Targets;

/// <summary>The result of one attempt to notify a target.</summary>
/// <param name="Outcome">How the attempt ended.</param>
/// <param name="Message">What happened, including the text of the application's response if there was one.</param>
/// <param name="Remedy">What to do about it; empty if the change was delivered.</param>
internal sealed record DeliveryResult(DeliveryOutcome Outcome, string Message, string Remedy = "")
{
    public static DeliveryResult Delivered(string message) => new(DeliveryOutcome.Delivered, message);

    public static DeliveryResult Unconfirmed(string message, string remedy) => new(DeliveryOutcome.Unconfirmed, message, remedy);

    public static DeliveryResult Refused(string message, string remedy) => new(DeliveryOutcome.Refused, message, remedy);

    public static DeliveryResult Failed(string message, string remedy) => new(DeliveryOutcome.Failed, message, remedy);
}

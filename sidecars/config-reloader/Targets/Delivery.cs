namespace ConfigReloader.Targets;

/// <summary>The result of one attempt.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Message">What happened, with the application's own words where it gave any.</param>
/// <param name="Remedy">What to do about it; empty where it was delivered.</param>
internal sealed record Delivery(DeliveryOutcome Outcome, string Message, string Remedy = "")
{
    public static Delivery Delivered(string message) => new(DeliveryOutcome.Delivered, message);

    public static Delivery Unconfirmed(string message, string remedy) => new(DeliveryOutcome.Unconfirmed, message, remedy);

    public static Delivery Refused(string message, string remedy) => new(DeliveryOutcome.Refused, message, remedy);

    public static Delivery Failed(string message, string remedy) => new(DeliveryOutcome.Failed, message, remedy);
}

using System.Globalization;

namespace Agent.Requests;

/// <summary>A request failed with a cause that the client receives as <c>detail</c>.</summary>
internal sealed class FailedRequestException(int statusCode, string detail, Exception? cause = null) : Exception(detail, cause)
{
    public int StatusCode => statusCode;

    /// <summary>The value of the <c>Retry-After</c> header; null where a retry is pointless.</summary>
    public int? RetryAfterSeconds { get; private init; }

    public static FailedRequestException CreateOverloaded() =>
        new(StatusCodes.Status503ServiceUnavailable, "The queue of waiting requests is full; try again later") { RetryAfterSeconds = 1 };

    public static FailedRequestException CreateTimeout(double seconds) => new(
        StatusCodes.Status504GatewayTimeout,
        string.Create(CultureInfo.InvariantCulture, $"The model did not respond within {seconds} s"));
}

using System.Globalization;

namespace Agent.Requests;

/// <summary>A request that ends in an error which the client is told in <c>detail</c>.</summary>
internal sealed class FailedRequestException(int statusCode, string detail, Exception? cause = null) : Exception(detail, cause)
{
    public int StatusCode => statusCode;

    /// <summary>For the <c>Retry-After</c> header, where another try makes sense.</summary>
    public int? RetryAfterSeconds { get; private init; }

    public static FailedRequestException Overloaded() =>
        new(StatusCodes.Status503ServiceUnavailable, "Too many requests are waiting already; try again later") { RetryAfterSeconds = 1 };

    public static FailedRequestException OutOfTime(double seconds) => new(
        StatusCodes.Status504GatewayTimeout,
        string.Create(CultureInfo.InvariantCulture, $"The model did not answer within {seconds} s"));
}

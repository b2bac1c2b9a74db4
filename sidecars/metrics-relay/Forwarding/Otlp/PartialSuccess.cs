using System.Text;
using MetricsRelay.Protobuf;

namespace MetricsRelay.Forwarding.Otlp;

/// <summary>The part of a collector's response that reports which points it did not accept.</summary>
/// <param name="RejectedPoints">The number of rejected points.</param>
/// <param name="Message">The message of the collector, or empty.</param>
internal readonly record struct PartialSuccess(long RejectedPoints, string Message)
{
    /// <summary>
    /// Parses <c>ExportMetricsServiceResponse { partial_success = 1 { rejected_data_points = 1, error_message = 2 } }</c>.
    /// </summary>
    public static PartialSuccess ParseResponse(byte[] body)
    {
        var (points, message) = (0L, "");
        try
        {
            for (var fields = new ProtobufReader(body); fields.ReadField();)
            {
                if (fields.Field != 1)
                {
                    continue;
                }

                for (var partial = new ProtobufReader(fields.Bytes); partial.ReadField();)
                {
                    points = partial.Field == 1 ? Math.Max(0, partial.Number) : points;
                    message = partial.Field == 2 ? Encoding.UTF8.GetString(partial.Bytes) : message;
                }
            }
        }
        catch (InvalidDataException)
        {
            // Not Protocol Buffers, for example the page of a proxy. The status was a success, so the points were accepted.
        }

        return new PartialSuccess(points, message);
    }
}

using System.Text;
using MetricsRelay.Exposition;
using MetricsRelay.Forwarding.Otlp;

namespace MetricsRelay.Tests.Forwarding.Otlp;

/// <summary>
/// The exact bytes of messages, by the field numbers and types of opentelemetry-proto 1.x: metrics.proto, common.proto,
/// resource.proto. A tag is <c>number &lt;&lt; 3 | type</c>: type 0 is a varint, 1 is eight bytes, 2 is a length followed by its bytes.
/// </summary>
public sealed class DataPointWriterTests
{
    // fixed64 start_time_unix_nano = 2 and fixed64 time_unix_nano = 3 of every point: 1 s and 2 s.
    private const string Times = "11 00CA9A3B00000000 19 0094357700000000";

    public static TheoryData<string, string, string> Points => new()
    {
        {
            // attributes = 7 { key = 1, value = 2 { string_value = 1 } }, double as_double = 4
            "gauge", "# TYPE g gauge\ng{a=\"b\"} 1.5\n# EOF\n",
            Times + "3A 08 0A 01 61 12 03 0A 01 62  21 000000000000F83F"
        },
        {
            // as_double = 4, exemplars = 5 { time_unix_nano = 2, as_double = 3, trace_id = 5, filtered_attributes = 7 }
            "sum", "# TYPE c counter\nc_total 3 # {trace_id=\"000102030405060708090a0b0c0d0e0f\",x=\"y\"} 0.5 1\n# EOF\n",
            Times + "21 0000000000000840  2A 2E 11 00CA9A3B00000000 19 000000000000E03F 2A 10 000102030405060708090A0B0C0D0E0F 3A 08 0A 01 78 12 03 0A 01 79"
        },
        {
            // double sum = 5, fixed64 count = 4, packed fixed64 bucket_counts = 6, packed double explicit_bounds = 7
            "histogram", "# TYPE h histogram\nh_bucket{le=\"0.5\"} 1\nh_bucket{le=\"+Inf\"} 3\nh_sum 2\nh_count 3\n# EOF\n",
            Times + "29 0000000000000040  21 0300000000000000  32 10 0100000000000000 0200000000000000  3A 08 000000000000E03F"
        },
        {
            // attributes = 9 of a histogram point
            "histogram", "# TYPE h histogram\nh_bucket{a=\"b\",le=\"+Inf\"} 3\nh_count{a=\"b\"} 3\nh_sum{a=\"b\"} 2\n# EOF\n",
            Times + "4A 08 0A 01 61 12 03 0A 01 62  29 0000000000000040  21 0300000000000000  32 08 0300000000000000"
        },
        {
            // quantile_values = 6 { double quantile = 1, double value = 2 }, double sum = 5, fixed64 count = 4
            "summary", "# TYPE s summary\ns{quantile=\"0.5\"} 4\ns_sum 2\ns_count 3\n# EOF\n",
            Times + "32 12 09 000000000000E03F 11 0000000000001040  29 0000000000000040  21 0300000000000000"
        },
    };

    [Theory]
    [MemberData(nameof(Points))]
    public void Point_is_written_with_the_exact_bytes_of_the_protocol(string data, string exposition, string expected)
    {
        var buffer = ExpositionText.Parse(exposition, ExpositionFormat.OpenMetrics);
        var points = new DataPointWriter(buffer.Catalog);

        var bytes = data == "gauge"
            ? points.WriteSinglePoint(buffer.Samples[0], 1000, 2000)
            : points.WritePoint(Enum.Parse<MetricDataKind>(data, ignoreCase: true), buffer.Samples, buffer, 1000, 2000);

        Assert.Equal(Hex(expected), Convert.ToHexString(bytes));
    }

    [Theory]
    [InlineData("sum", "40 01")]
    [InlineData("summary", "40 01")]
    [InlineData("histogram", "50 01")]
    public void End_point_has_the_flag_for_no_recorded_value(string data, string flags)
    {
        var buffer = ExpositionText.Parse("# TYPE g gauge\ng 1\n# EOF\n", ExpositionFormat.OpenMetrics);

        var bytes = new DataPointWriter(buffer.Catalog).WriteEndPoint(Enum.Parse<MetricDataKind>(data, ignoreCase: true), 0, 1000, 2000);

        Assert.Equal(Hex(Times + flags), Convert.ToHexString(bytes));
    }

    [Theory]
    // gauge = 5 { data_points = 1 }
    [InlineData("gauge", false, "2A 03 0A 01 AB")]
    // sum = 7 { data_points = 1, aggregation_temporality = 2 (2: cumulative), is_monotonic = 3 }
    [InlineData("sum", false, "3A 05 0A 01 AB 10 02")]
    [InlineData("sum", true, "3A 07 0A 01 AB 10 02 18 01")]
    // histogram = 9 { data_points = 1, aggregation_temporality = 2 }
    [InlineData("histogram", false, "4A 05 0A 01 AB 10 02")]
    // summary = 11 { data_points = 1 }
    [InlineData("summary", false, "5A 03 0A 01 AB")]
    public void Message_is_written_with_the_exact_bytes_of_the_protocol(string data, bool monotonic, string expected)
    {
        var sent = "";
        var message = new ExportRequestBuilder(new Dictionary<string, string>(), "i", (bytes, _, _) => sent = Convert.ToHexString(bytes));

        message.BeginMetric(new MetricDescriptor("c", "h"u8.ToArray(), "s", Enum.Parse<MetricDataKind>(data, ignoreCase: true), monotonic));
        message.AddPoint([0xAB], 2000);
        message.CompleteMessage();

        // resource { attributes = 1 }, scope { name = 1 }, metric { name = 1, description = 2, unit = 3 }
        var resource = Field("0A", Field("0A", Field("0A", Text("service.instance.id")) + Field("12", Field("0A", Text("i")))));
        var scope = Field("0A", Field("0A", Text("metrics-relay")));
        var metric = Field("12", "0A 01 63 12 01 68 1A 01 73" + expected);
        Assert.Equal(Field("0A", resource + Field("12", scope + metric)), sent);
    }

    private static string Field(string tag, string content) => Hex($"{tag} {Hex(content).Length / 2:X2} {content}");

    private static string Text(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));

    private static string Hex(string text) => text.Replace(" ", "", StringComparison.Ordinal);
}

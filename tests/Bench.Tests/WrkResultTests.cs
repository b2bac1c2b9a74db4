using Bench.Harness;

namespace Bench.Tests;

public sealed class WrkResultTests
{
    private const string Output = """
        Running 8s test @ http://127.0.0.1:8000/inference
          1 threads and 64 connections
          Thread Stats   Avg      Stdev     Max   +/- Stdev
            Latency     1.71ms    2.27ms  51.71ms   94.68%
            Req/Sec    47.12k     5.80k   54.33k    80.00%
          Latency Distribution
             50%  987.00us
             75%    1.85ms
             90%    3.10ms
             99%    1.02s 
          376504 requests in 8.01s, 88.69MB read
        Requests/sec:  47004.31
        Transfer/sec:     11.07MB
        """;

    [Fact]
    public void Latencies_are_converted_to_milliseconds() =>
        Assert.Equal(new WrkResult(376504, 47004.31, 0.987, 1020), WrkResult.ParseOutput(Output));

    [Theory]
    [InlineData("  Non-2xx or 3xx responses: 3")]
    [InlineData("  Socket errors: connect 0, read 1, write 0, timeout 2")]
    public void Failed_request_invalidates_the_run(string line) =>
        Assert.Contains(
            line, Assert.Throws<BenchException>(() => WrkResult.ParseOutput(Output + "\n" + line)).Message, StringComparison.Ordinal);

    [Fact]
    public void Unknown_output_is_rejected() =>
        Assert.Contains(
            "unknown format",
            Assert.Throws<BenchException>(() => WrkResult.ParseOutput("unable to connect")).Message,
            StringComparison.Ordinal);
}

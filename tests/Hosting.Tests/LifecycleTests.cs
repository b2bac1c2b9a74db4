using System.Net;
using System.Text.Json;
using TestKit;

namespace Hosting.Tests;

public sealed class LifecycleTests
{
    [Theory]
    [InlineData(15)]
    [InlineData(2)]
    public async Task A_signal_turns_readiness_off_finishes_what_is_in_flight_and_exits_0(int signal)
    {
        await using var specimen = await Specimen.StartAsync(["--Http:SlowSeconds=3"]);
        var slow = specimen.Web.GetStringAsync("/slow");
        await specimen.Process.SaysAsync("slow request begun");

        specimen.Process.Signal(signal);

        await Eventually.HoldsAsync(async () => (await specimen.Management.GetAsync("/readyz")).StatusCode == HttpStatusCode.ServiceUnavailable, () => "readiness off");
        Assert.Equal("done", await slow);
        Assert.Equal(0, await specimen.Process.ExitAsync());
    }

    [Fact]
    public async Task During_the_delay_work_is_taken_although_readiness_is_off()
    {
        await using var specimen = await Specimen.StartAsync(["--Shutdown:DelaySeconds=5"]);
        specimen.Process.Terminate();
        await Eventually.HoldsAsync(async () => !(await specimen.Management.GetAsync("/readyz")).IsSuccessStatusCode, () => "readiness off");

        Assert.Equal("hello", await specimen.Web.GetStringAsync("/greeting"));
        Assert.Equal(0, await specimen.Process.ExitAsync());
    }

    [Fact]
    public async Task A_second_signal_ends_it_at_once()
    {
        await using var specimen = await Specimen.StartAsync(["--Http:SlowSeconds=600", "--Shutdown:GraceSeconds=3600"]);
        var slow = specimen.Web.GetStringAsync("/slow");
        await specimen.Process.SaysAsync("slow request begun");

        specimen.Process.Signal(2);
        await specimen.Process.SaysAsync("SIGINT received");
        specimen.Process.Signal(2);

        Assert.Equal(130, await specimen.Process.ExitAsync());
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => slow);
    }

    [Fact]
    public async Task Work_that_overruns_the_grace_is_cut_off()
    {
        await using var specimen = await Specimen.StartAsync(["--Http:SlowSeconds=600", "--Shutdown:GraceSeconds=1"]);
        var slow = specimen.Web.GetStringAsync("/slow");
        await specimen.Process.SaysAsync("slow request begun");

        specimen.Process.Terminate();

        Assert.Equal(0, await specimen.Process.ExitAsync());
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => slow);
    }

    [Fact]
    public async Task A_process_whose_product_is_stdout_writes_its_diagnostics_to_stderr()
    {
        await using var specimen = await Specimen.StartAsync(["worker"]);
        specimen.Process.Terminate();

        Assert.Equal(0, await specimen.Process.ExitAsync());
        Assert.Equal(["product: working", "product: stopped"], specimen.Process.Output);
        Assert.All(specimen.Process.Errors, l => Assert.Equal(JsonValueKind.String, JsonDocument.Parse(l).RootElement.GetProperty("message").ValueKind));
    }

    [Fact]
    public async Task A_part_that_breaks_ends_the_process_with_1_and_says_why()
    {
        await using var process = Specimen.Run(["worker", "--Management:Port=0", "--Greeting=break"]);

        Assert.Equal(1, await process.ExitAsync());
        Assert.Contains(process.Errors, l => l.Contains("broken as asked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Diagnostics_are_text_for_people_on_request()
    {
        await using var specimen = await Specimen.StartAsync([], new() { ["LOGGING__LOGLEVEL__DEFAULT"] = "Information" });
        Assert.All(specimen.Process.Output, l => JsonDocument.Parse(l));

        await using var text = Specimen.Run(["--Console:Format=text", "--Management:Port=0"]);
        await text.SaysAsync(" info     Hosting.ContainerApplication: Starting specimen ");
    }
}

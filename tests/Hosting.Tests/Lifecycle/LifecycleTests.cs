using System.Text.Json;

namespace Hosting.Tests.Lifecycle;

public sealed class LifecycleTests
{
    [Theory]
    [InlineData(UnixSignal.Terminate)]
    [InlineData(UnixSignal.Interrupt)]
    public async Task Signal_turns_readiness_off_and_exits_0_after_pending_requests(int signal)
    {
        await using var specimen = await SpecimenProcess.StartAsync(["--Http:SlowSeconds=3"]);
        var slow = specimen.Web.GetStringAsync("/slow");
        await specimen.Process.WaitForLineAsync("slow request started");

        specimen.Process.SendSignal(signal);

        await Eventually.AssertAsync(async () => !await specimen.IsReadyAsync(), () => "readiness off");
        Assert.Equal("done", await slow);
        Assert.Equal(0, await specimen.Process.WaitForExitAsync());
    }

    [Fact]
    public async Task New_requests_are_accepted_during_the_shutdown_delay()
    {
        await using var specimen = await SpecimenProcess.StartAsync(["--Shutdown:DelaySeconds=5"]);
        specimen.Process.Terminate();
        await Eventually.AssertAsync(async () => !await specimen.IsReadyAsync(), () => "readiness off");

        Assert.Equal("hello", await specimen.Web.GetStringAsync("/greeting"));
        Assert.Equal(0, await specimen.Process.WaitForExitAsync());
    }

    [Fact]
    public async Task Second_signal_exits_immediately_with_code_130()
    {
        await using var specimen = await SpecimenProcess.StartAsync(["--Http:SlowSeconds=600", "--Shutdown:GraceSeconds=3600"]);
        var slow = specimen.Web.GetStringAsync("/slow");
        await specimen.Process.WaitForLineAsync("slow request started");

        specimen.Process.SendSignal(UnixSignal.Interrupt);
        await specimen.Process.WaitForLineAsync("SIGINT received");
        specimen.Process.SendSignal(UnixSignal.Interrupt);

        Assert.Equal(130, await specimen.Process.WaitForExitAsync());
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => slow);
    }

    [Fact]
    public async Task Requests_that_exceed_the_grace_period_are_aborted()
    {
        await using var specimen = await SpecimenProcess.StartAsync(["--Http:SlowSeconds=600", "--Shutdown:GraceSeconds=1"]);
        var slow = specimen.Web.GetStringAsync("/slow");
        await specimen.Process.WaitForLineAsync("slow request started");

        specimen.Process.Terminate();

        Assert.Equal(0, await specimen.Process.WaitForExitAsync());
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => slow);
    }

    [Fact]
    public async Task Diagnostics_go_to_stderr_if_stdout_carries_the_output()
    {
        await using var specimen = await SpecimenProcess.StartAsync(["worker"]);
        specimen.Process.Terminate();

        Assert.Equal(0, await specimen.Process.WaitForExitAsync());
        Assert.Equal(["output: working", "output: stopped"], specimen.Process.Output);
        Assert.All(specimen.Process.Errors, line => Assert.True(JsonDocument.Parse(line).RootElement.TryGetProperty("message", out _)));
    }

    [Fact]
    public async Task Failed_background_service_stops_the_process_with_code_1()
    {
        await using var process = SpecimenProcess.RunToExit(["worker", "--Management:Port=0", "--Greeting=break"]);

        Assert.Equal(1, await process.WaitForExitAsync());
        Assert.Contains(process.Errors, l => l.Contains("broken on purpose", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Console_format_text_writes_lines_for_people()
    {
        await using var specimen = await SpecimenProcess.StartAsync([], new() { ["LOGGING__LOGLEVEL__DEFAULT"] = "Information" });
        Assert.All(specimen.Process.Output, l => JsonDocument.Parse(l));

        await using var text = SpecimenProcess.RunToExit(["--Console:Format=text", "--Management:Port=0"]);
        await text.WaitForLineAsync(" info     Hosting.ContainerApplication: Starting specimen ");
    }
}

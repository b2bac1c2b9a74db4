namespace Hosting.Tests;

public sealed class VerbTests
{
    [Fact]
    public async Task Check_prints_a_line_a_finding_and_exits_0_when_none_is_a_failure()
    {
        await using var process = Specimen.Run(["check"], new() { ["LOG_FILE"] = "/var/log/agent/requests.log" });

        Assert.Equal(0, await process.ExitAsync());
        Assert.Equal(["ok    configuration: valid (no file).", "ok    log file: /var/log/agent/requests.log"], process.Output);
    }

    [Fact]
    public async Task Check_exits_1_for_a_failure_with_its_remedy()
    {
        await using var process = Specimen.Run(["check"]);

        Assert.Equal(1, await process.ExitAsync());
        Assert.Contains("FAIL  log file: none is set. Set LOG_FILE.", process.Output);
    }

    [Fact]
    public async Task Check_reports_a_configuration_that_is_refused()
    {
        await using var process = Specimen.Run(["check", "--Http:Port=-1", "--Sink:MaxBytes=0"]);

        Assert.Equal(1, await process.ExitAsync());
        Assert.Equal(2, process.Output.Count(l => l.StartsWith("FAIL  configuration: ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Healthcheck_asks_the_running_process()
    {
        await using var specimen = await Specimen.StartAsync([]);
        var port = specimen.Management.BaseAddress!.Port;
        await using var ready = Specimen.Run(["healthcheck", $"--Management:Port={port}"]);
        Assert.Equal(0, await ready.ExitAsync());

        specimen.Process.Terminate();
        Assert.Equal(0, await specimen.Process.ExitAsync());
        await using var gone = Specimen.Run(["healthcheck", $"--Management:Port={port}"]);
        Assert.Equal(1, await gone.ExitAsync());
    }

    [Fact]
    public async Task A_verb_of_the_programs_own_gets_its_arguments_and_gives_the_exit_code()
    {
        await using var good = Specimen.Run(["greet", "world"]);
        Assert.Equal(0, await good.ExitAsync());
        Assert.Equal(["hello world"], good.Output);

        await using var bad = Specimen.Run(["greet"]);
        Assert.Equal(3, await bad.ExitAsync());
    }

    [Fact]
    public async Task A_verb_that_is_none_is_refused_with_those_that_are()
    {
        await using var process = Specimen.Run(["chekc"]);

        Assert.Equal(2, await process.ExitAsync());
        Assert.Contains(process.Errors, l => l.Contains("check, healthcheck, greet", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Help_lists_every_key_with_its_default()
    {
        await using var process = Specimen.Run(["--help"]);

        Assert.Equal(0, await process.ExitAsync());
        Assert.Contains(process.Output, l => l.Contains("Sink:MaxBytes", StringComparison.Ordinal) && l.Contains("1048576", StringComparison.Ordinal));
        Assert.Contains(process.Output, l => l.Contains("greet NAME", StringComparison.Ordinal));
    }
}

namespace Hosting.Tests.Verbs;

public sealed class VerbTests
{
    [Fact]
    public async Task Check_prints_one_line_per_finding_and_exits_0_without_failures()
    {
        await using var process = SpecimenProcess.RunToExit(["check"], new() { ["LOG_FILE"] = "/var/log/agent/requests.log" });

        Assert.Equal(0, await process.WaitForExitAsync());
        Assert.Equal(["ok    configuration: valid (no file).", "ok    log file: /var/log/agent/requests.log"], process.Output);
    }

    [Fact]
    public async Task Check_prints_the_remedy_of_a_failure_and_exits_1()
    {
        await using var process = SpecimenProcess.RunToExit(["check"]);

        Assert.Equal(1, await process.WaitForExitAsync());
        Assert.Contains("FAIL  log file: not configured. Set LOG_FILE.", process.Output);
    }

    [Fact]
    public async Task Check_prints_every_error_of_a_rejected_configuration_and_exits_1()
    {
        await using var process = SpecimenProcess.RunToExit(["check", "--Http:Port=-1", "--Sink:MaxBytes=0"]);

        Assert.Equal(1, await process.WaitForExitAsync());
        Assert.Equal(2, process.Output.Count(l => l.StartsWith("FAIL  configuration: ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Healthcheck_exits_0_while_the_process_runs_and_1_afterwards()
    {
        await using var specimen = await SpecimenProcess.StartAsync([]);
        var port = specimen.Management.BaseAddress!.Port;
        await using var ready = SpecimenProcess.RunToExit(["healthcheck", $"--Management:Port={port}"]);
        Assert.Equal(0, await ready.WaitForExitAsync());

        specimen.Process.Terminate();
        Assert.Equal(0, await specimen.Process.WaitForExitAsync());
        await using var stopped = SpecimenProcess.RunToExit(["healthcheck", $"--Management:Port={port}"]);
        Assert.Equal(1, await stopped.WaitForExitAsync());
    }

    [Fact]
    public async Task Custom_verb_receives_its_arguments_and_returns_the_exit_code()
    {
        await using var good = SpecimenProcess.RunToExit(["greet", "world"]);
        Assert.Equal(0, await good.WaitForExitAsync());
        Assert.Equal(["hello world"], good.Output);

        await using var bad = SpecimenProcess.RunToExit(["greet"]);
        Assert.Equal(3, await bad.WaitForExitAsync());
    }

    [Fact]
    public async Task Unknown_verb_is_rejected_with_a_list_of_the_known_ones()
    {
        await using var process = SpecimenProcess.RunToExit(["chekc"]);

        Assert.Equal(2, await process.WaitForExitAsync());
        Assert.Contains(process.Errors, l => l.Contains("check, healthcheck, greet", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verb_after_flags_is_rejected_with_its_place()
    {
        await using var process = SpecimenProcess.RunToExit(["--Greeting", "hi", "check"]);

        Assert.Equal(2, await process.WaitForExitAsync());
        var error = Assert.Single(process.Errors);
        Assert.Contains("check: is not a flag. Write flags as --Key=value, and a verb as the first argument", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_lists_every_key_with_its_default_and_description()
    {
        await using var process = SpecimenProcess.RunToExit(["--help"]);

        Assert.Equal(0, await process.WaitForExitAsync());
        var key = Array.IndexOf([.. process.Output], $"  {"Sink:MaxBytes",-36} 1048576");
        Assert.True(key > 0);
        Assert.Equal("      The most bytes of a batch. Default 1 MiB.", process.Output.ElementAt(key + 1));
        Assert.Contains(
            "      TCP port; 0 selects a free one and logs it. The default depends on the process (8001-8005, 9090).", process.Output);
        Assert.Contains(process.Output, l => l.Contains("greet NAME", StringComparison.Ordinal));
    }
}

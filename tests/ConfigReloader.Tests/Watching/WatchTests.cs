using System.Globalization;
using ConfigReloader.Tests.Support;
using ConfigReloader.Watching;
using Microsoft.AspNetCore.Http;
using TestKit;

namespace ConfigReloader.Tests.Watching;

public sealed class WatchTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ConfigMapVolume _volume;

    public WatchTests() => _volume = new ConfigMapVolume(_directory["config"], ("key", "0"));

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Each_of_a_hundred_swaps_is_told_once()
    {
        await using var application = await StubApplication.StartAsync(Key);
        await using var watch = await StartAsync(application.ReloadUrl);

        for (var i = 1; i <= 100; i++)
        {
            _volume.Swap(("key", Number(i)));
            await watch.HasDeliveredAsync(_volume.Path);
        }

        Assert.Equal(Enumerable.Range(1, 100).Select(Number), application.Reloads);
        Assert.Empty(watch.Problems.Open);
    }

    [Fact]
    public async Task Of_two_hundred_swaps_in_a_row_the_last_arrives_and_none_twice()
    {
        await using var application = await StubApplication.StartAsync(Key);
        await using var watch = await StartAsync(application.ReloadUrl);

        for (var i = 1; i <= 200; i++)
        {
            _volume.Swap(("key", Number(i)));
        }

        await watch.HasDeliveredAsync(_volume.Path);
        Assert.Equal("200", application.Reloads.Last());
        Assert.Equal(application.Reloads.Count, watch.Report.Changes);
        Assert.Equal(application.Reloads.Distinct(), application.Reloads);
    }

    [Fact]
    public async Task A_hundred_swaps_with_the_target_down_end_in_one_call_with_the_last_state()
    {
        var port = FreePort.Take();
        await using var watch = await StartAsync(new Uri($"http://127.0.0.1:{port}/-/reload"));
        for (var i = 1; i <= 100; i++)
        {
            _volume.Swap(("key", Number(i)));
        }

        await watch.ComesToAsync(WatchPhase.Pending);
        Assert.Contains(watch.Problems.Open, problem => problem.Area == "target app");

        await using var application = await StubApplication.StartAsync(Key, port);
        await watch.HasDeliveredAsync(_volume.Path);

        Assert.Equal(["100"], application.Reloads);
        Assert.Empty(watch.Problems.Open);
    }

    [Fact]
    public async Task Changes_while_a_slow_target_works_become_one_call_after_it()
    {
        await using var application = await StubApplication.StartAsync(Key);
        var first = new TaskCompletionSource();
        application.Answer = (_, state) => state == "1" ? first.Task : Task.CompletedTask;
        await using var watch = await StartAsync(application.ReloadUrl);

        _volume.Swap(("key", "1"));
        await Eventually.HoldsAsync(() => !application.Reloads.IsEmpty, "the first call is under way");
        for (var i = 2; i <= 50; i++)
        {
            _volume.Swap(("key", Number(i)));
        }

        first.SetResult();
        await watch.HasDeliveredAsync(_volume.Path);

        Assert.Equal(["1", "50"], application.Reloads);
    }

    [Theory]
    [InlineData("slow")]
    [InlineData("refuses every other")]
    [InlineData("fails now and then")]
    [InlineData("hangs up")]
    public async Task However_the_target_is_meanwhile_of_hundreds_of_swaps_the_last_arrives_and_none_is_told_twice(string manner)
    {
        await using var application = await StubApplication.StartAsync(Key);
        var calls = 0;
        application.Answer = async (context, state) =>
        {
            var call = Interlocked.Increment(ref calls);
            var isEven = int.Parse(state, CultureInfo.InvariantCulture) % 2 == 0;
            switch (manner)
            {
                case "slow":
                    await Task.Delay(20);
                    break;
                case "refuses every other" when !isEven:
                    context.Response.StatusCode = 422;
                    break;
                case "fails now and then" when call % 3 != 0:
                    context.Response.StatusCode = 503;
                    break;
                case "hangs up" when call % 3 != 0:
                    context.Abort();
                    break;
            }
        };
        var options = WatchUnderTest.Options(_volume.Path);
        options.Debounce = TimeSpan.FromMilliseconds(1);
        await using var watch = await StartAsync(application.ReloadUrl, options);

        for (var i = 1; i <= 300; i++)
        {
            _volume.Swap(("key", Number(i)));
            await Task.Yield();
        }

        await watch.HasDeliveredAsync(_volume.Path);

        var told = application.Reloads.Select(state => int.Parse(state, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(300, told[^1]);
        Assert.Equal(told.Order(), told);
        Assert.Empty(watch.Problems.Open);
        if (manner is "slow" or "refuses every other")
        {
            // Only an attempt without an answer, or with a failure, is made again. (That the application reads what is there by
            // then, and so may read the next state already, is no telling twice.)
            Assert.True(told.Count <= watch.Report.Changes, $"{told.Count} calls for {watch.Report.Changes} changes");
        }
    }

    [Fact]
    public async Task A_failing_target_is_asked_again_until_it_takes_it()
    {
        await using var application = await StubApplication.StartAsync(Key);
        application.Answer = (context, _) =>
        {
            context.Response.StatusCode = application.Reloads.Count < 4 ? 500 : 200;
            return Task.CompletedTask;
        };
        await using var watch = await StartAsync(application.ReloadUrl);

        _volume.Swap(("key", "1"));
        await watch.HasDeliveredAsync(_volume.Path);

        Assert.Equal(["1", "1", "1", "1"], application.Reloads);
        Assert.Equal(4, watch.Report.Attempts);
    }

    [Fact]
    public async Task A_refusal_is_shown_with_its_body_and_not_repeated_until_the_next_change()
    {
        await using var application = await StubApplication.StartAsync(Key);
        application.Answer = async (context, state) =>
        {
            context.Response.StatusCode = state == "bad" ? 422 : 200;
            await context.Response.WriteAsync(state == "bad" ? "key: 'bad' is not a number" : "ok");
        };
        // Polls that find nothing new must not ask again either.
        var options = WatchUnderTest.Options(_volume.Path);
        options.PollInterval = TimeSpan.FromMilliseconds(20);
        await using var watch = await StartAsync(application.ReloadUrl, options);

        _volume.Swap(("key", "bad"));
        await watch.ComesToAsync(WatchPhase.Refused);
        var problem = Assert.Single(watch.Problems.Open);
        Assert.Contains("key: 'bad' is not a number", problem.What, StringComparison.Ordinal);

        _volume.Swap(("key", "bad")); // The same bytes once more are no change.
        _volume.Swap(("key", "bad"), ("other", "1"));
        await Eventually.HoldsAsync(() => application.Reloads.Count == 2, "a change is told again");
        await watch.ComesToAsync(WatchPhase.Refused);

        // Back to what the application had: it has been asked for other things in between, so it is told.
        _volume.Swap(("key", "0"));
        await watch.HasDeliveredAsync(_volume.Path);
        Assert.Equal(["bad", "bad", "0"], application.Reloads);
        Assert.Empty(watch.Problems.Open);
    }

    [Fact]
    public async Task A_swap_with_the_same_bytes_tells_nobody()
    {
        await using var application = await StubApplication.StartAsync(Key);
        await using var watch = await StartAsync(application.ReloadUrl);

        for (var i = 0; i < 20; i++)
        {
            _volume.Swap(("key", "0"));
        }

        _volume.Swap(("key", "1"));
        await watch.HasDeliveredAsync(_volume.Path);

        Assert.Equal(["1"], application.Reloads);
        Assert.Equal(1, watch.Report.Changes);
    }

    [Fact]
    public async Task A_key_that_appears_in_a_plain_directory_is_told()
    {
        await using var application = await StubApplication.StartAsync();
        var plain = Directory.CreateDirectory(_directory["plain/sub"]).Parent!.FullName;
        await using var watch = await StartAsync(application.ReloadUrl, WatchUnderTest.Options(plain));

        File.WriteAllText(Path.Combine(plain, "sub", "new"), "1");
        await watch.HasDeliveredAsync(plain);

        Assert.Single(application.Reloads);
    }

    [Fact]
    public async Task The_poll_finds_what_the_kernel_does_not_tell()
    {
        // A watched file that is a link into another directory: nothing moves beside the link.
        await using var application = await StubApplication.StartAsync(Key);
        File.CreateSymbolicLink(_directory["link"], Path.Combine(_volume.Path, "key"));
        var options = WatchUnderTest.Options("");
        (options.Directory, options.File, options.PollInterval) = (null, _directory["link"], TimeSpan.FromMilliseconds(50));
        await using var watch = await StartAsync(application.ReloadUrl, options);

        _volume.Swap(("key", "1"));
        await Eventually.HoldsAsync(() => application.Reloads.Contains("1"), "the change is told");

        Assert.Single(application.Reloads);
    }

    [Fact]
    public async Task A_directory_that_is_removed_and_made_anew_is_watched_again()
    {
        await using var application = await StubApplication.StartAsync();
        var plain = Directory.CreateDirectory(_directory["plain"]).FullName;
        File.WriteAllText(Path.Combine(plain, "key"), "0");
        var options = WatchUnderTest.Options(plain);
        options.PollInterval = TimeSpan.FromMilliseconds(100);
        await using var watch = await StartAsync(application.ReloadUrl, options);

        Directory.Delete(plain, recursive: true);
        await watch.ComesToAsync(WatchPhase.Unreadable);
        Assert.Contains(watch.Problems.Open, problem => problem.Area == "watch app" && problem.What.Contains(plain, StringComparison.Ordinal));

        Directory.CreateDirectory(plain);
        File.WriteAllText(Path.Combine(plain, "key"), "1");
        await watch.HasDeliveredAsync(plain);
        await watch.ComesToAsync(WatchPhase.InStep);
        Assert.Empty(watch.Problems.Open);
    }

    [Fact]
    public async Task A_directory_that_is_not_there_yet_is_told_when_it_comes()
    {
        await using var application = await StubApplication.StartAsync();
        await using var watch = new WatchUnderTest(With(application.ReloadUrl, WatchUnderTest.Options(_directory["late"])));
        await watch.ComesToAsync(WatchPhase.Unreadable);

        var late = new ConfigMapVolume(_directory["late"], ("key", "1"));
        await watch.HasDeliveredAsync(late.Path);

        Assert.Single(application.Reloads);
    }

    [Fact]
    public async Task The_state_at_the_start_is_told_where_that_is_asked_for()
    {
        await using var application = await StubApplication.StartAsync(Key);
        var options = WatchUnderTest.Options(_volume.Path);
        options.NotifyAtStart = true;
        await using var watch = await StartAsync(application.ReloadUrl, options);

        await watch.HasDeliveredAsync(_volume.Path);

        Assert.Equal(["0"], application.Reloads);
    }

    [Fact]
    public async Task A_change_while_the_reloader_was_away_is_told_after_its_return()
    {
        await using var application = await StubApplication.StartAsync(Key);
        await using (await StartAsync(application.ReloadUrl, stateFile: _directory["state.json"]))
        {
        }

        await using (var same = await StartAsync(application.ReloadUrl, stateFile: _directory["state.json"]))
        {
            await same.HasDeliveredAsync(_volume.Path);
            Assert.Empty(application.Reloads);
        }

        _volume.Swap(("key", "1"));
        await using var watch = await StartAsync(application.ReloadUrl, stateFile: _directory["state.json"]);
        await watch.HasDeliveredAsync(_volume.Path);

        Assert.Equal(["1"], application.Reloads);
    }

    [Fact]
    public async Task What_is_owed_when_the_reloader_goes_is_told_after_its_return()
    {
        var port = FreePort.Take();
        var url = new Uri($"http://127.0.0.1:{port}/-/reload");
        await using (var first = await StartAsync(url, stateFile: _directory["state.json"]))
        {
            _volume.Swap(("key", "1"));
            await first.ComesToAsync(WatchPhase.Pending);
            await Eventually.HoldsAsync(() => first.Report.LastResult?.Contains("failed", StringComparison.Ordinal) == true, "an attempt failed");
            _volume.Swap(("key", "0")); // Even back to the start: nobody knows what the application has read meanwhile.
        }

        await using var application = await StubApplication.StartAsync(Key, port);
        await using var watch = await StartAsync(url, stateFile: _directory["state.json"]);
        await watch.HasDeliveredAsync(_volume.Path);

        Assert.Equal(["0"], application.Reloads);
    }

    [Fact]
    public async Task Placeholders_are_rendered_before_the_application_is_told()
    {
        var output = _directory["out"];
        await using var application = await StubApplication.StartAsync(() => File.ReadAllText(Path.Combine(output, "key")));
        var options = WatchUnderTest.Options(_volume.Path);
        options.Render.To = output;
        await using var watch = await StartAsync(application.ReloadUrl, options);
        Assert.Equal("0", File.ReadAllText(Path.Combine(output, "key")));

        _volume.Swap(("key", "path=$(PATH)"));
        await watch.HasDeliveredAsync(_volume.Path);

        Assert.Equal([$"path={Environment.GetEnvironmentVariable("PATH")}"], application.Reloads);
    }

    [Fact]
    public async Task An_unknown_variable_leaves_the_old_output_and_tells_nobody()
    {
        await using var application = await StubApplication.StartAsync();
        var options = WatchUnderTest.Options(_volume.Path);
        options.Render.To = _directory["out"];
        await using var watch = await StartAsync(application.ReloadUrl, options);

        _volume.Swap(("key", "fine\n$(NO_SUCH_VARIABLE_HERE)"));
        await watch.ComesToAsync(WatchPhase.NotRendered);

        Assert.Contains("key:2: $(NO_SUCH_VARIABLE_HERE)", Assert.Single(watch.Problems.Open).What, StringComparison.Ordinal);
        Assert.Equal("0", File.ReadAllText(_directory["out/key"]));
        Assert.Null(watch.NotReadyReason);

        _volume.Swap(("key", "2"));
        await watch.HasDeliveredAsync(_volume.Path);
        Assert.Single(application.Reloads);
        Assert.Empty(watch.Problems.Open);
    }

    [Fact]
    public async Task Without_its_first_rendering_the_Pod_is_not_ready()
    {
        _volume.Swap(("key", "$(NO_SUCH_VARIABLE_HERE)"));
        var options = WatchUnderTest.Options(_volume.Path);
        options.Render.To = _directory["out"];
        await using var watch = new WatchUnderTest(options);
        await watch.ComesToAsync(WatchPhase.NotRendered);
        Assert.NotNull(watch.NotReadyReason);

        _volume.Swap(("key", "1"));
        await Eventually.HoldsAsync(() => watch.NotReadyReason is null, "ready after the first rendering");
    }

    [Fact]
    public async Task A_rendering_that_cannot_be_written_is_tried_again()
    {
        File.WriteAllText(_directory["out"], "in the way");
        await using var application = await StubApplication.StartAsync();
        var options = WatchUnderTest.Options(_volume.Path);
        options.Render.To = _directory["out"];
        await using var watch = new WatchUnderTest(With(application.ReloadUrl, options));
        await watch.ComesToAsync(WatchPhase.Pending);
        await Eventually.HoldsAsync(() => watch.Problems.Open.Any(problem => problem.What.Contains("cannot be written", StringComparison.Ordinal)), "said");

        File.Delete(_directory["out"]);
        await watch.HasDeliveredAsync(_volume.Path);

        Assert.Equal("0", File.ReadAllText(_directory["out/key"]));
    }

    [Fact]
    public async Task An_application_that_does_not_heed_is_noticed_and_not_told_again()
    {
        await using var application = await StubApplication.StartAsync(Key);
        application.Status = () => new { configuration_generation = 1 };
        var options = WatchUnderTest.Options(_volume.Path);
        options.PollInterval = TimeSpan.FromMilliseconds(20);
        (options.Target.StatusUrl, options.Target.ConfirmWithin) = (application.StatusUrl, TimeSpan.FromMilliseconds(100));
        await using var watch = await StartAsync(application.ReloadUrl, options);

        _volume.Swap(("key", "1"));
        await watch.ComesToAsync(WatchPhase.Unconfirmed);
        Assert.Contains("still 1", Assert.Single(watch.Problems.Open).What, StringComparison.Ordinal);

        _volume.Swap(("key", "2"));
        await Eventually.HoldsAsync(() => application.Reloads.Count == 2, "the next change is told");
        Assert.Equal(["1", "2"], application.Reloads);
    }

    private static string Number(int i) => i.ToString(CultureInfo.InvariantCulture);

    private static WatchOptions With(Uri url, WatchOptions options)
    {
        options.Target.Url = url;
        return options;
    }

    private string Key() => File.ReadAllText(Path.Combine(_volume.Path, "key"));

    /// <summary>Starts a watch and waits until it has had its first look.</summary>
    private async Task<WatchUnderTest> StartAsync(Uri url, WatchOptions? options = null, string? stateFile = null)
    {
        var watch = new WatchUnderTest(With(url, options ?? WatchUnderTest.Options(_volume.Path)), stateFile);
        await Eventually.HoldsAsync(() => watch.Report.Phase is not WatchPhase.Starting, "the first look");
        return watch;
    }
}

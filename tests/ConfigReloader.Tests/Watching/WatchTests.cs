using System.Globalization;
using ConfigReloader.Tests.Support;
using ConfigReloader.Watching;
using Microsoft.AspNetCore.Http;

namespace ConfigReloader.Tests.Watching;

public sealed class WatchTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly MountedVolume _volume;

    public WatchTests() => _volume = Volumes.CreateVolume(_directory["config"], ("key", "0"));

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Each_of_a_hundred_swaps_is_delivered_exactly_once()
    {
        await using var application = await StubApplication.StartAsync(Key);
        await using var watch = await StartAsync(application.ReloadUrl);

        for (var i = 1; i <= 100; i++)
        {
            _volume.ReplaceFiles(("key", Number(i)));
            await watch.WaitForDeliveryAsync(_volume.Path);
        }

        Assert.Equal(Enumerable.Range(1, 100).Select(Number), application.Reloads);
        Assert.Empty(watch.Problems.Open);
    }

    [Fact]
    public async Task Last_of_two_hundred_rapid_swaps_is_delivered_and_none_twice()
    {
        await using var application = await StubApplication.StartAsync(Key);
        await using var watch = await StartAsync(application.ReloadUrl);

        for (var i = 1; i <= 200; i++)
        {
            _volume.ReplaceFiles(("key", Number(i)));
        }

        await watch.WaitForDeliveryAsync(_volume.Path);
        Assert.Equal("200", application.Reloads.Last());
        Assert.Equal(application.Reloads.Count, watch.Report.Changes);
        Assert.Equal(application.Reloads.Distinct(), application.Reloads);
    }

    [Fact]
    public async Task Target_that_was_down_for_a_hundred_swaps_receives_only_the_last_one()
    {
        var port = FreePort.FindUnused();
        await using var watch = await StartAsync(new Uri($"http://127.0.0.1:{port}/-/reload"));
        for (var i = 1; i <= 100; i++)
        {
            _volume.ReplaceFiles(("key", Number(i)));
        }

        await watch.WaitForPhaseAsync(WatchPhase.Pending);
        Assert.Contains(watch.Problems.Open, problem => problem.Area == "target app");

        await using var application = await StubApplication.StartAsync(Key, port);
        await watch.WaitForDeliveryAsync(_volume.Path);

        Assert.Equal(["100"], application.Reloads);
        Assert.Empty(watch.Problems.Open);
    }

    [Fact]
    public async Task Changes_during_a_slow_delivery_become_one_delivery_after_it()
    {
        await using var application = await StubApplication.StartAsync(Key);
        var first = new TaskCompletionSource();
        application.Respond = (_, state) => state == "1" ? first.Task : Task.CompletedTask;
        await using var watch = await StartAsync(application.ReloadUrl);

        _volume.ReplaceFiles(("key", "1"));
        await Eventually.AssertAsync(() => !application.Reloads.IsEmpty, "the first delivery is under way");
        for (var i = 2; i <= 50; i++)
        {
            _volume.ReplaceFiles(("key", Number(i)));
        }

        first.SetResult();
        await watch.WaitForDeliveryAsync(_volume.Path);

        Assert.Equal(["1", "50"], application.Reloads);
    }

    [Theory]
    [InlineData("slow")]
    [InlineData("rejects every other")]
    [InlineData("fails often")]
    [InlineData("aborts connections")]
    public async Task Last_of_hundreds_of_swaps_reaches_an_unreliable_target_and_none_is_delivered_twice(string behavior)
    {
        await using var application = await StubApplication.StartAsync(Key);
        var calls = 0;
        var newest = 0;
        application.Respond = async (context, state) =>
        {
            var call = Interlocked.Increment(ref calls);
            var isEven = int.Parse(state, CultureInfo.InvariantCulture) % 2 == 0;
            switch (behavior)
            {
                case "slow":
                    // Responds only after the next swap: every delivery but the last is overtaken.
                    var version = int.Parse(state, CultureInfo.InvariantCulture);
                    await Eventually.AssertAsync(() => Volatile.Read(ref newest) is var swap && (swap > version || swap == 300));
                    break;
                case "rejects every other" when !isEven:
                    context.Response.StatusCode = 422;
                    break;
                case "fails often" when call % 3 != 0:
                    context.Response.StatusCode = 503;
                    break;
                case "aborts connections" when call % 3 != 0:
                    context.Abort();
                    break;
            }
        };
        var options = WatchUnderTest.Options(_volume.Path);
        options.Debounce = TimeSpan.FromMilliseconds(1);
        await using var watch = await StartAsync(application.ReloadUrl, options);

        for (var i = 1; i <= 300; i++)
        {
            _volume.ReplaceFiles(("key", Number(i)));
            Volatile.Write(ref newest, i);
            await Task.Yield();
        }

        await watch.WaitForDeliveryAsync(_volume.Path);

        var delivered = application.Reloads.Select(state => int.Parse(state, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(300, delivered[^1]);
        Assert.Equal(delivered.Order(), delivered);
        Assert.Empty(watch.Problems.Open);
        if (behavior is "slow" or "rejects every other")
        {
            // Only an attempt without a response, or with a failure, is repeated. The application may already read the next
            // version during an attempt; that does not count as a second delivery.
            Assert.True(delivered.Count <= watch.Report.Changes, $"{delivered.Count} deliveries for {watch.Report.Changes} changes");
        }
    }

    [Fact]
    public async Task Delivery_to_a_failing_target_is_retried_until_it_succeeds()
    {
        await using var application = await StubApplication.StartAsync(Key);
        application.Respond = (context, _) =>
        {
            context.Response.StatusCode = application.Reloads.Count < 4 ? 500 : 200;
            return Task.CompletedTask;
        };
        await using var watch = await StartAsync(application.ReloadUrl);

        _volume.ReplaceFiles(("key", "1"));
        await watch.WaitForDeliveryAsync(_volume.Path);

        Assert.Equal(["1", "1", "1", "1"], application.Reloads);
        Assert.Equal(4, watch.Report.Attempts);
    }

    [Fact]
    public async Task Rejection_is_shown_with_its_body_and_not_repeated_until_the_next_change()
    {
        await using var application = await StubApplication.StartAsync(Key);
        application.Respond = async (context, state) =>
        {
            context.Response.StatusCode = state == "bad" ? 422 : 200;
            await context.Response.WriteAsync(state == "bad" ? "key: 'bad' is not a number" : "ok");
        };
        // Polling without a change must not repeat the attempt either.
        var options = WatchUnderTest.Options(_volume.Path);
        options.PollInterval = TimeSpan.FromMilliseconds(20);
        await using var watch = await StartAsync(application.ReloadUrl, options);

        _volume.ReplaceFiles(("key", "bad"));
        await watch.WaitForPhaseAsync(WatchPhase.Rejected);
        var problem = Assert.Single(watch.Problems.Open);
        Assert.Contains("key: 'bad' is not a number", problem.What, StringComparison.Ordinal);

        _volume.ReplaceFiles(("key", "bad")); // The same bytes again are no change.
        _volume.ReplaceFiles(("key", "bad"), ("other", "1"));
        await Eventually.AssertAsync(() => application.Reloads.Count == 2, "the next change is delivered");
        await watch.WaitForPhaseAsync(WatchPhase.Rejected);

        // Back to the first version: other versions were delivered in between, so it is delivered again.
        _volume.ReplaceFiles(("key", "0"));
        await watch.WaitForDeliveryAsync(_volume.Path);
        Assert.Equal(["bad", "bad", "0"], application.Reloads);
        Assert.Empty(watch.Problems.Open);
    }

    [Fact]
    public async Task Swap_with_the_same_bytes_is_not_delivered()
    {
        await using var application = await StubApplication.StartAsync(Key);
        await using var watch = await StartAsync(application.ReloadUrl);

        for (var i = 0; i < 20; i++)
        {
            _volume.ReplaceFiles(("key", "0"));
        }

        _volume.ReplaceFiles(("key", "1"));
        await watch.WaitForDeliveryAsync(_volume.Path);

        Assert.Equal(["1"], application.Reloads);
        Assert.Equal(1, watch.Report.Changes);
    }

    [Fact]
    public async Task New_file_in_a_plain_directory_is_delivered()
    {
        await using var application = await StubApplication.StartAsync();
        var plain = Directory.CreateDirectory(_directory["plain/sub"]).Parent!.FullName;
        await using var watch = await StartAsync(application.ReloadUrl, WatchUnderTest.Options(plain));

        File.WriteAllText(Path.Combine(plain, "sub", "new"), "1");
        await watch.WaitForDeliveryAsync(plain);

        Assert.Single(application.Reloads);
    }

    [Fact]
    public async Task Polling_detects_a_change_that_the_kernel_does_not_report()
    {
        // The watched file is a link into another directory, so nothing changes in the directory of the link.
        await using var application = await StubApplication.StartAsync(Key);
        File.CreateSymbolicLink(_directory["link"], Path.Combine(_volume.Path, "key"));
        var options = WatchUnderTest.Options("");
        (options.Directory, options.File, options.PollInterval) = (null, _directory["link"], TimeSpan.FromMilliseconds(50));
        await using var watch = await StartAsync(application.ReloadUrl, options);

        _volume.ReplaceFiles(("key", "1"));
        await Eventually.AssertAsync(() => application.Reloads.Contains("1"), "the change is delivered");

        Assert.Single(application.Reloads);
    }

    [Fact]
    public async Task Directory_that_is_deleted_and_created_again_is_watched_again()
    {
        await using var application = await StubApplication.StartAsync();
        var plain = Directory.CreateDirectory(_directory["plain"]).FullName;
        File.WriteAllText(Path.Combine(plain, "key"), "0");
        var options = WatchUnderTest.Options(plain);
        options.PollInterval = TimeSpan.FromMilliseconds(100);
        await using var watch = await StartAsync(application.ReloadUrl, options);

        Directory.Delete(plain, recursive: true);
        await watch.WaitForPhaseAsync(WatchPhase.Unreadable);
        Assert.Contains(watch.Problems.Open, problem => problem.Area == "watch app" && problem.What.Contains(plain, StringComparison.Ordinal));

        Directory.CreateDirectory(plain);
        File.WriteAllText(Path.Combine(plain, "key"), "1");
        await watch.WaitForDeliveryAsync(plain);
        await watch.WaitForPhaseAsync(WatchPhase.InStep);
        Assert.Empty(watch.Problems.Open);
    }

    [Fact]
    public async Task Directory_that_appears_after_the_start_is_delivered()
    {
        await using var application = await StubApplication.StartAsync();
        await using var watch = new WatchUnderTest(WithUrl(application.ReloadUrl, WatchUnderTest.Options(_directory["late"])));
        await watch.WaitForPhaseAsync(WatchPhase.Unreadable);

        // Moved into place, so that the directory never appears empty.
        Directory.Move(Volumes.CreateVolume(_directory["staging"], ("key", "1")).Path, _directory["late"]);
        await watch.WaitForDeliveryAsync(_directory["late"]);

        Assert.Single(application.Reloads);
    }

    [Fact]
    public async Task Content_at_the_start_is_delivered_if_NotifyAtStart_is_set()
    {
        await using var application = await StubApplication.StartAsync(Key);
        var options = WatchUnderTest.Options(_volume.Path);
        options.NotifyAtStart = true;
        await using var watch = await StartAsync(application.ReloadUrl, options);

        await watch.WaitForDeliveryAsync(_volume.Path);

        Assert.Equal(["0"], application.Reloads);
    }

    [Fact]
    public async Task Change_during_a_restart_of_the_reloader_is_delivered_afterwards()
    {
        await using var application = await StubApplication.StartAsync(Key);
        await using (await StartAsync(application.ReloadUrl, stateFile: _directory["state.json"]))
        {
        }

        await using (var unchanged = await StartAsync(application.ReloadUrl, stateFile: _directory["state.json"]))
        {
            await unchanged.WaitForDeliveryAsync(_volume.Path);
            Assert.Empty(application.Reloads);
        }

        _volume.ReplaceFiles(("key", "1"));
        await using var watch = await StartAsync(application.ReloadUrl, stateFile: _directory["state.json"]);
        await watch.WaitForDeliveryAsync(_volume.Path);

        Assert.Equal(["1"], application.Reloads);
    }

    [Fact]
    public async Task Failed_delivery_is_repeated_after_a_restart_even_if_the_content_changed_back()
    {
        var port = FreePort.FindUnused();
        var url = new Uri($"http://127.0.0.1:{port}/-/reload");
        await using (var first = await StartAsync(url, stateFile: _directory["state.json"]))
        {
            _volume.ReplaceFiles(("key", "1"));
            await first.WaitForPhaseAsync(WatchPhase.Pending);
            await Eventually.AssertAsync(() => first.Report.LastResult?.Contains("failed", StringComparison.Ordinal) == true, "an attempt failed");
            _volume.ReplaceFiles(("key", "0")); // Back to the first version: it is not known what the application has read in between.
        }

        await using var application = await StubApplication.StartAsync(Key, port);
        await using var watch = await StartAsync(url, stateFile: _directory["state.json"]);
        await watch.WaitForDeliveryAsync(_volume.Path);

        Assert.Equal(["0"], application.Reloads);
    }

    [Fact]
    public async Task Placeholders_are_rendered_before_the_application_is_notified()
    {
        var output = _directory["out"];
        await using var application = await StubApplication.StartAsync(() => File.ReadAllText(Path.Combine(output, "key")));
        var options = WatchUnderTest.Options(_volume.Path);
        options.Render.To = output;
        await using var watch = await StartAsync(application.ReloadUrl, options);
        Assert.Equal("0", File.ReadAllText(Path.Combine(output, "key")));

        _volume.ReplaceFiles(("key", "path=$(PATH)"));
        await watch.WaitForDeliveryAsync(_volume.Path);

        Assert.Equal([$"path={Environment.GetEnvironmentVariable("PATH")}"], application.Reloads);
    }

    [Fact]
    public async Task Unknown_variable_keeps_the_old_output_and_notifies_no_target()
    {
        await using var application = await StubApplication.StartAsync();
        var options = WatchUnderTest.Options(_volume.Path);
        options.Render.To = _directory["out"];
        await using var watch = await StartAsync(application.ReloadUrl, options);

        _volume.ReplaceFiles(("key", "fine\n$(NO_SUCH_VARIABLE_HERE)"));
        await watch.WaitForPhaseAsync(WatchPhase.NotRendered);

        Assert.Contains("key:2: $(NO_SUCH_VARIABLE_HERE)", Assert.Single(watch.Problems.Open).What, StringComparison.Ordinal);
        Assert.Equal("0", File.ReadAllText(_directory["out/key"]));
        Assert.Null(watch.NotReadyReason);

        _volume.ReplaceFiles(("key", "2"));
        await watch.WaitForDeliveryAsync(_volume.Path);
        Assert.Single(application.Reloads);
        Assert.Empty(watch.Problems.Open);
    }

    [Fact]
    public async Task Pod_is_not_ready_before_the_first_rendering()
    {
        _volume.ReplaceFiles(("key", "$(NO_SUCH_VARIABLE_HERE)"));
        var options = WatchUnderTest.Options(_volume.Path);
        options.Render.To = _directory["out"];
        await using var watch = new WatchUnderTest(options);
        await watch.WaitForPhaseAsync(WatchPhase.NotRendered);
        Assert.NotNull(watch.NotReadyReason);

        _volume.ReplaceFiles(("key", "1"));
        await Eventually.AssertAsync(() => watch.NotReadyReason is null, "ready after the first rendering");
    }

    [Fact]
    public async Task Rendering_that_cannot_be_written_is_retried()
    {
        File.WriteAllText(_directory["out"], "in the way");
        await using var application = await StubApplication.StartAsync();
        var options = WatchUnderTest.Options(_volume.Path);
        options.Render.To = _directory["out"];
        await using var watch = new WatchUnderTest(WithUrl(application.ReloadUrl, options));
        await watch.WaitForPhaseAsync(WatchPhase.Pending);
        await Eventually.AssertAsync(() => watch.Problems.Open.Any(problem => problem.What.Contains("cannot be written", StringComparison.Ordinal)), "the problem is reported");

        File.Delete(_directory["out"]);
        await watch.WaitForDeliveryAsync(_volume.Path);

        Assert.Equal("0", File.ReadAllText(_directory["out/key"]));
    }

    [Fact]
    public async Task Application_that_ignores_a_change_is_detected_and_not_notified_again()
    {
        await using var application = await StubApplication.StartAsync(Key);
        application.Status = () => new { configuration_generation = 1 };
        var options = WatchUnderTest.Options(_volume.Path);
        options.PollInterval = TimeSpan.FromMilliseconds(20);
        (options.Target.StatusUrl, options.Target.ConfirmWithin) = (application.StatusUrl, TimeSpan.FromMilliseconds(100));
        await using var watch = await StartAsync(application.ReloadUrl, options);

        _volume.ReplaceFiles(("key", "1"));
        await watch.WaitForPhaseAsync(WatchPhase.Unconfirmed);
        Assert.Contains("still 1", Assert.Single(watch.Problems.Open).What, StringComparison.Ordinal);

        _volume.ReplaceFiles(("key", "2"));
        await Eventually.AssertAsync(() => application.Reloads.Count == 2, "the next change is delivered");
        Assert.Equal(["1", "2"], application.Reloads);
    }

    private static string Number(int i) => i.ToString(CultureInfo.InvariantCulture);

    private static WatchOptions WithUrl(Uri url, WatchOptions options)
    {
        options.Target.Url = url;
        return options;
    }

    private string Key() => File.ReadAllText(Path.Combine(_volume.Path, "key"));

    /// <summary>Starts a watch and waits until it has read its source once.</summary>
    private async Task<WatchUnderTest> StartAsync(Uri url, WatchOptions? options = null, string? stateFile = null)
    {
        var watch = new WatchUnderTest(WithUrl(url, options ?? WatchUnderTest.Options(_volume.Path)), stateFile);
        await Eventually.AssertAsync(() => watch.Report.Phase is not WatchPhase.Starting, "the first read");
        return watch;
    }
}

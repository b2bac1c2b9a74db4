using Microsoft.Extensions.Time.Testing;
using TlsProxy.Http1Upstream;

namespace TlsProxy.Tests.Http1Upstream;

public sealed class ActivityDeadlineTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ActivityDeadline _deadline;
    private int _cuts;

    public ActivityDeadlineTests() => _deadline = new ActivityDeadline(_time, TimeSpan.FromSeconds(10), () => _cuts++);

    [Fact]
    public void Silent_request_expires_and_is_cut_off_once()
    {
        _deadline.StartRequest();
        _time.Advance(TimeSpan.FromSeconds(11));

        Assert.True(_deadline.IsExpired(_time.GetTimestamp()));
        _deadline.CutOffIfExpired(_time.GetTimestamp());
        _deadline.CutOffIfExpired(_time.GetTimestamp());
        _deadline.CutOffForGoneClient();

        Assert.Equal(1, _cuts);
        Assert.True(_deadline.IsTimedOut);
        Assert.False(_deadline.IsClientGone);
        Assert.False(_deadline.StopRequest());
    }

    [Fact]
    public void Every_byte_extends_the_deadline_of_an_active_request()
    {
        _deadline.StartRequest();
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(9));
            _deadline.ExtendDeadline();
        }

        Assert.False(_deadline.IsExpired(_time.GetTimestamp()));
        Assert.True(_deadline.StopRequest());
        Assert.Equal(0, _cuts);
    }

    [Fact]
    public void Idle_connection_neither_expires_nor_is_cut_off()
    {
        _time.Advance(TimeSpan.FromHours(1));
        _deadline.ExtendDeadline();
        _deadline.CutOffForGoneClient();
        _deadline.CutOffAfterResponse();

        Assert.False(_deadline.IsExpired(_time.GetTimestamp()));
        Assert.False(_deadline.IsCutOff);
        Assert.Equal(0, _cuts);
    }

    [Fact]
    public void Connection_that_was_cut_off_cannot_be_extended()
    {
        _deadline.StartRequest();
        _deadline.CutOffForGoneClient();
        _deadline.ExtendDeadline();

        Assert.True(_deadline.IsClientGone);
        Assert.True(_deadline.IsCutOff);
    }
}

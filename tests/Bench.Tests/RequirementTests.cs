using System.Net;
using System.Net.Sockets;
using Bench.Harness;

namespace Bench.Tests;

public sealed class RequirementTests
{
    [Fact]
    public void Program_is_searched_on_the_path()
    {
        Assert.Null(Requirement.ForProgram("sh").FindMissing());
        Assert.Equal("no-such-program is not installed", Requirement.ForProgram("no-such-program").FindMissing());
    }

    [Fact]
    public void Port_with_a_listener_is_reported_as_in_use()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        Assert.Equal($"port {port} is in use", Requirement.ForFreePorts(port).FindMissing());
    }

    [Fact]
    public void Path_is_relative_to_the_repository()
    {
        Assert.Null(Requirement.ForPath("Agent.sln").FindMissing());
        Assert.NotNull(Requirement.ForPath("no/such/file").FindMissing());
    }

    [Fact]
    public void More_disk_space_than_any_disk_has_is_missing() =>
        Assert.NotNull(Requirement.ForDiskSpace(Path.GetTempPath(), long.MaxValue).FindMissing());
}

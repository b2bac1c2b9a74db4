using System.Net;
using System.Net.Sockets;
using Bench.Frame;

namespace Bench.Tests;

public sealed class NeedTests
{
    [Fact]
    public void A_program_on_the_path_is_there_and_another_is_not()
    {
        Assert.Null(Need.Program("sh").Missing());
        Assert.Equal("no-such-program is not installed", Need.Program("no-such-program").Missing());
    }

    [Fact]
    public void A_port_that_is_listened_on_is_named()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        Assert.Equal($"port {port} is in use", Need.FreePorts(port).Missing());
    }

    [Fact]
    public void A_path_is_looked_for_below_the_repository()
    {
        var repository = Repository.Find();

        Assert.Null(Need.Path(repository, "Agent.sln").Missing());
        Assert.NotNull(Need.Path(repository, "no/such/file").Missing());
    }

    [Fact]
    public void Space_that_no_disk_has_is_missing() =>
        Assert.NotNull(Need.Space(Path.GetTempPath(), long.MaxValue).Missing());
}

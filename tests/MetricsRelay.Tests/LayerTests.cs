using TestKit.Architecture;

namespace MetricsRelay.Tests;

public sealed class LayerTests
{
    [Fact]
    public void Folders_import_each_other_in_one_direction_only() => FolderLayers.AssertOneWay(typeof(MetricsRelay.MetricsRelayOptions).Assembly);
}

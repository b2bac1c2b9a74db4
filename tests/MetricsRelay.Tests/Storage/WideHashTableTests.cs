using MetricsRelay.Storage;

namespace MetricsRelay.Tests.Storage;

public sealed class WideHashTableTests
{
    [Fact]
    public void Every_hash_gets_the_next_id_and_is_found_again()
    {
        var table = new WideHashTable();
        // Equal low halves collide in the table.
        var hashes = Enumerable.Range(0, 5000).Select(i => ((ulong)i, (ulong)(i % 7))).ToArray();
        for (var i = 0; i < hashes.Length; i++)
        {
            Assert.Equal(-1, table.FindId(hashes[i]));
            Assert.Equal(i, table.AddHash(hashes[i]));
        }

        Assert.Equal(Enumerable.Range(0, hashes.Length), hashes.Select(table.FindId));
    }
}

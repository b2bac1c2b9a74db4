using System.Globalization;

namespace MetricsRelay.Queue;

/// <summary>
/// Batches in the order in which they are to be sent, bounded by bytes. With a directory each is a file of its own that
/// appears whole, by a rename, and goes away once it is acknowledged: so whenever the process is killed, what was not
/// acknowledged is there, and what was is not. A directory that cannot be written to costs only that: batches then wait
/// in memory.
/// </summary>
internal sealed class BatchQueue : IDisposable
{
    private const string Unfinished = ".tmp";

    private readonly LinkedList<Batch> _batches = new();
    private readonly SemaphoreSlim _arrived = new(0, 1);
    private readonly QueueOptions _options;
    private readonly Problems _problems;
    private readonly Action<Batch> _dropped;
    private long _next = 1;

    /// <param name="options">Where and how much.</param>
    /// <param name="problems">Told when the directory fails.</param>
    /// <param name="dropped">Called for each batch that had to make room.</param>
    public BatchQueue(QueueOptions options, Problems problems, Action<Batch> dropped)
    {
        (_options, _problems, _dropped) = (options, problems, dropped);
        if (options.Directory.Length > 0)
        {
            Load();
        }
    }

    /// <summary>Bytes that wait.</summary>
    public long Bytes { get; private set; }

    public int Count
    {
        get
        {
            lock (_batches)
            {
                return _batches.Count;
            }
        }
    }

    /// <summary>The batch that is to be sent next, null when none waits.</summary>
    public Batch? First
    {
        get
        {
            lock (_batches)
            {
                return _batches.First?.Value;
            }
        }
    }

    /// <summary>Waits until there is a batch.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (First is null)
        {
            await _arrived.WaitAsync(cancellationToken);
        }
    }

    /// <param name="data">The bytes.</param>
    /// <param name="time">The newest sample's time, milliseconds since 1970.</param>
    /// <param name="samples">How many samples.</param>
    /// <param name="format">What the bytes are: letters and digits.</param>
    public void Add(byte[] data, long time, int samples, string format)
    {
        lock (_batches)
        {
            var batch = new Batch(_next++, time, samples, data.Length, format, data);
            _batches.AddLast(Stored(batch));
            Bytes += batch.Length;
            while (Bytes > _options.MaxBytes && _batches.Count > 1)
            {
                var oldest = _batches.First!.Value;
                Remove(oldest);
                _dropped(oldest);
            }

            if (_arrived.CurrentCount == 0)
            {
                _arrived.Release();
            }
        }
    }

    /// <summary>The bytes of a batch, null when they are gone from the disk or cannot be read there.</summary>
    public byte[]? Read(Batch batch)
    {
        if (batch.Data is not null)
        {
            return batch.Data;
        }

        try
        {
            var data = File.ReadAllBytes(PathOf(batch));
            return data.Length == batch.Length ? data : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Takes a batch out: it was acknowledged, or never will be.</summary>
    public void Remove(Batch batch)
    {
        lock (_batches)
        {
            // The queue may have dropped it while it was being sent.
            if (!_batches.Remove(batch))
            {
                return;
            }

            Bytes -= batch.Length;
            if (batch.Data is not null)
            {
                return;
            }

            try
            {
                File.Delete(PathOf(batch));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _problems.Report("queue", $"{PathOf(batch)} cannot be removed; after a restart it would be sent again.",
                    "Mount the directory writable for the user that the relay runs as.", e);
            }
        }
    }

    public void Dispose() => _arrived.Dispose();

    private Batch Stored(Batch batch)
    {
        if (_options.Directory.Length == 0)
        {
            return batch;
        }

        try
        {
            var path = PathOf(batch);
            File.WriteAllBytes(path + Unfinished, batch.Data!);
            File.Move(path + Unfinished, path, overwrite: true);
            _problems.Clear("queue");
            return batch with { Data = null };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _problems.Report("queue", $"{_options.Directory} cannot be written to; samples wait in memory.",
                "Make room there, or mount it writable for the user that the relay runs as.", e);
            return batch;
        }
    }

    private void Load()
    {
        try
        {
            var directory = System.IO.Directory.CreateDirectory(_options.Directory);
            foreach (var file in directory.EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal))
            {
                if (file.Extension == Unfinished)
                {
                    file.Delete();
                }
                else if (TryParse(file) is { } batch)
                {
                    _batches.AddLast(batch);
                    Bytes += batch.Length;
                    _next = batch.Number + 1;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _problems.Report("queue", $"{_options.Directory} cannot be used; samples wait in memory.",
                "Mount it writable for the user that the relay runs as.", e);
        }
    }

    private string PathOf(Batch batch) => Path.Combine(_options.Directory,
        string.Create(CultureInfo.InvariantCulture, $"{batch.Number:D12}-{batch.Time}-{batch.Samples}.{batch.Format}"));

    private static Batch? TryParse(FileInfo file)
    {
        var parts = Path.GetFileNameWithoutExtension(file.Name).Split('-');
        return file.Extension.Length > 1 && parts.Length == 3
            && long.TryParse(parts[0], CultureInfo.InvariantCulture, out var number)
            && long.TryParse(parts[1], CultureInfo.InvariantCulture, out var time)
            && int.TryParse(parts[2], CultureInfo.InvariantCulture, out var samples)
            ? new Batch(number, time, samples, file.Length, file.Extension[1..], null)
            : null;
    }
}

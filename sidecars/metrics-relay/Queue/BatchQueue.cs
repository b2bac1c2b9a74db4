using System.Globalization;

namespace MetricsRelay.Queue;

/// <summary>
/// Batches in the order in which they are sent, limited by bytes. With a directory, each batch is a file that is created atomically
/// by a rename and deleted after the acknowledgement. A process that is killed at any moment therefore loses no unacknowledged batch
/// and keeps no acknowledged one. If the directory is not writable, batches wait in memory.
/// </summary>
internal sealed class BatchQueue : IDisposable
{
    private const string TemporaryExtension = ".tmp";

    private readonly LinkedList<QueuedBatch> _batches = new();
    private readonly SemaphoreSlim _arrived = new(0, 1);
    private readonly QueueOptions _options;
    private readonly Problems _problems;
    private readonly Action<QueuedBatch> _onDropped;
    private long _nextNumber = 1;

    /// <param name="options">The directory and the limit.</param>
    /// <param name="problems">Receives failures of the directory.</param>
    /// <param name="onDropped">Called for each batch that is dropped because the queue is full.</param>
    public BatchQueue(QueueOptions options, Problems problems, Action<QueuedBatch> onDropped)
    {
        (_options, _problems, _onDropped) = (options, problems, onDropped);
        if (options.Directory.Length > 0)
        {
            LoadDirectory();
        }
    }

    /// <summary>The number of waiting bytes.</summary>
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

    /// <summary>The next batch to send, or null.</summary>
    public QueuedBatch? First
    {
        get
        {
            lock (_batches)
            {
                return _batches.First?.Value;
            }
        }
    }

    public async Task WaitForBatchAsync(CancellationToken cancellationToken)
    {
        while (First is null)
        {
            await _arrived.WaitAsync(cancellationToken);
        }
    }

    /// <param name="data">The bytes.</param>
    /// <param name="time">The time of the newest sample, milliseconds since 1970.</param>
    /// <param name="samples">The number of samples.</param>
    /// <param name="format">The format of the bytes: letters and digits.</param>
    public void EnqueueBatch(byte[] data, long time, int samples, string format)
    {
        lock (_batches)
        {
            var batch = new QueuedBatch(_nextNumber++, time, samples, data.Length, format, data);
            _batches.AddLast(StoreBatch(batch));
            Bytes += batch.Length;
            while (Bytes > _options.MaxBytes && _batches.Count > 1)
            {
                var oldest = _batches.First!.Value;
                RemoveBatch(oldest);
                _onDropped(oldest);
            }

            if (_arrived.CurrentCount == 0)
            {
                _arrived.Release();
            }
        }
    }

    /// <summary>The bytes of a batch, or null when its file is missing or not readable.</summary>
    public byte[]? ReadBatch(QueuedBatch batch)
    {
        if (batch.Data is not null)
        {
            return batch.Data;
        }

        try
        {
            var data = File.ReadAllBytes(GetPath(batch));
            return data.Length == batch.Length ? data : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Removes a batch that was acknowledged, rejected or dropped.</summary>
    public void RemoveBatch(QueuedBatch batch)
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
                File.Delete(GetPath(batch));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                _problems.Report("queue", $"{GetPath(batch)} cannot be deleted and will be sent again after a restart.",
                    "Make the directory writable for the user of the relay.", exception);
            }
        }
    }

    public void Dispose() => _arrived.Dispose();

    private QueuedBatch StoreBatch(QueuedBatch batch)
    {
        if (_options.Directory.Length == 0)
        {
            return batch;
        }

        try
        {
            var path = GetPath(batch);
            File.WriteAllBytes(path + TemporaryExtension, batch.Data!);
            File.Move(path + TemporaryExtension, path, overwrite: true);
            _problems.Clear("queue");
            return batch with { Data = null };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _problems.Report("queue", $"{_options.Directory} is not writable; samples wait in memory.",
                "Free disk space, or make the directory writable for the user of the relay.", exception);
            return batch;
        }
    }

    private void LoadDirectory()
    {
        try
        {
            var directory = Directory.CreateDirectory(_options.Directory);
            foreach (var file in directory.EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal))
            {
                if (file.Extension == TemporaryExtension)
                {
                    file.Delete();
                }
                else if (ParseFileName(file) is { } batch)
                {
                    _batches.AddLast(batch);
                    Bytes += batch.Length;
                    _nextNumber = batch.Number + 1;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _problems.Report("queue", $"{_options.Directory} cannot be used; samples wait in memory.",
                "Make the directory writable for the user of the relay.", exception);
        }
    }

    private string GetPath(QueuedBatch batch) => Path.Combine(_options.Directory,
        string.Create(CultureInfo.InvariantCulture, $"{batch.Number:D12}-{batch.Time}-{batch.Samples}.{batch.Format}"));

    private static QueuedBatch? ParseFileName(FileInfo file)
    {
        var parts = Path.GetFileNameWithoutExtension(file.Name).Split('-');
        return file.Extension.Length > 1 && parts.Length == 3
            && long.TryParse(parts[0], CultureInfo.InvariantCulture, out var number)
            && long.TryParse(parts[1], CultureInfo.InvariantCulture, out var time)
            && int.TryParse(parts[2], CultureInfo.InvariantCulture, out var samples)
            ? new QueuedBatch(number, time, samples, file.Length, file.Extension[1..], null)
            : null;
    }
}

namespace LogTailer.Follow;

/// <summary>Says when it is worth looking at the files again. It may miss something: whoever waits also looks at every poll.</summary>
internal interface IChangeSignal : IDisposable
{
    /// <summary>Watches a directory; called again and again, it does nothing new unless the directory has been made anew.</summary>
    void Watch(string directory);

    /// <summary>Waits for a change, for <paramref name="atMost"/>, or for the token (which does not throw).</summary>
    ValueTask<Change> WaitAsync(TimeSpan atMost, CancellationToken cancellationToken);
}

namespace LogTailer.Follow;

/// <summary>Says when it is worth looking at the files again. It may miss something: whoever waits also looks at every poll.</summary>
internal interface IChangeSignal : IDisposable
{
    /// <summary>Watches a directory; called again and again, it does nothing new unless the directory has been made anew.</summary>
    /// <returns>Whether it is watched: false where it is missing, or the system has no watch left to give.</returns>
    bool Watch(string directory);

    /// <summary>Blocks until there is a change, <paramref name="atMost"/> has passed, or somebody calls <see cref="EndWaits"/>.</summary>
    Change Wait(TimeSpan atMost);

    /// <summary>Ends the wait under way, and every one after it. Called on any thread.</summary>
    void EndWaits();
}

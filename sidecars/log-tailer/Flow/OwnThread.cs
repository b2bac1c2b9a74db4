namespace LogTailer.Flow;

/// <summary>Work that blocks, which would hold a thread of the pool that others wait for.</summary>
internal static class OwnThread
{
    /// <summary>Runs <paramref name="work"/> on a thread of its own, which does not hold up the end of the process.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="work">What to run.</param>
    /// <param name="cancellationToken">The token that <paramref name="work"/> ends by; the task is cancelled then, and does not fail.</param>
    public static Task Run(string name, Action work, CancellationToken cancellationToken)
    {
        void Named()
        {
            Thread.CurrentThread.Name = name;
            work();
        }

        // Whoever waits for the task goes on elsewhere: this thread has an end.
        return Task.Factory.StartNew(
            Named,
            cancellationToken,
            TaskCreationOptions.LongRunning | TaskCreationOptions.RunContinuationsAsynchronously | TaskCreationOptions.DenyChildAttach,
            TaskScheduler.Default);
    }
}

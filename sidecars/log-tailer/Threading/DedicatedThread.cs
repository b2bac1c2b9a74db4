namespace LogTailer.Threading;

/// <summary>Runs blocking work on a thread of its own instead of a thread pool worker.</summary>
internal static class DedicatedThread
{
    /// <summary>Runs <paramref name="work"/> on a background thread, which does not keep the process alive.</summary>
    /// <param name="name">The name of the thread.</param>
    /// <param name="work">The work to run.</param>
    /// <param name="cancellationToken">
    /// The token that stops <paramref name="work"/>. When it does, the task is canceled and not faulted.
    /// </param>
    public static Task RunBlocking(string name, Action work, CancellationToken cancellationToken)
    {
        void RunNamed()
        {
            Thread.CurrentThread.Name = name;
            work();
        }

        // Continuations must run elsewhere: this thread exits when the work is done.
        return Task.Factory.StartNew(
            RunNamed,
            cancellationToken,
            TaskCreationOptions.LongRunning | TaskCreationOptions.RunContinuationsAsynchronously | TaskCreationOptions.DenyChildAttach,
            TaskScheduler.Default);
    }
}

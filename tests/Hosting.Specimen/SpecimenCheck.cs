using System.Runtime.CompilerServices;

namespace Specimen;

internal sealed class SpecimenCheck(SpecimenOptions options) : ICheck
{
    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        yield return options.LogFile is null
            ? Finding.Failure("log file", "not configured.", "Set LOG_FILE.")
            : Finding.Ok("log file", options.LogFile);
    }
}

namespace Agent.Faults;

/// <summary>An inference was selected to fail by <c>Faults:ErrorShare</c>.</summary>
internal sealed class InjectedFaultException() : Exception("Injected failure (Faults:ErrorShare)");

namespace Agent.Faults;

/// <summary>An inference that fails because <c>Faults:ErrorShare</c> says so.</summary>
internal sealed class InjectedFaultException() : Exception("This failure was asked for by Faults:ErrorShare");

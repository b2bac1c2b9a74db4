namespace Lab.Pods;

internal enum ProbeKind
{
    Startup,
    Liveness,
    Readiness,
}

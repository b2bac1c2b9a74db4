namespace Lab.Pods;

internal enum HookKind
{
    PostStart,
    PreStop,
}

namespace Lab.Containers;

internal sealed class MountException(string message, Exception? inner = null) : Exception(message, inner);

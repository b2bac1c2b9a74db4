using Lab.Objects;

namespace Lab.Admission;

/// <summary>Checks the probes of one container.</summary>
internal sealed class ProbeAdmission(Container container, AdmissionErrors errors)
{
    public void CheckProbe(Probe? probe, string path, bool mustSucceedOnce)
    {
        if (probe is null)
        {
            return;
        }

        CheckHandler(probe, path);
        if (mustSucceedOnce && probe.SuccessThreshold != 1)
        {
            errors.AddInvalidValue($"{path}.successThreshold", probe.SuccessThreshold, "must be 1");
        }

        RequireNonNegative($"{path}.initialDelaySeconds", probe.InitialDelaySeconds);
        RequireNonNegative($"{path}.periodSeconds", probe.PeriodSeconds);
        RequireNonNegative($"{path}.timeoutSeconds", probe.TimeoutSeconds);
        RequireNonNegative($"{path}.failureThreshold", probe.FailureThreshold);
        CheckPort(probe, path);
    }

    internal static void CheckPortNumber(AdmissionErrors errors, string path, int port)
    {
        if (port is < 1 or > 65535)
        {
            errors.AddInvalidValue(path, port, "must be between 1 and 65535, inclusive");
        }
    }

    private void CheckHandler(Probe probe, string path)
    {
        var handlers = new object?[] { probe.Exec, probe.HttpGet, probe.TcpSocket, probe.Grpc }.Count(handler => handler is not null);
        if (handlers == 0)
        {
            errors.AddError(path, "Required value: must specify a handler type");
        }
        else if (handlers > 1)
        {
            errors.AddError(path, "Forbidden: may not specify more than 1 handler type");
        }

        if (probe.Exec is { Command.Count: 0 })
        {
            errors.AddError($"{path}.exec.command", "Required value");
        }
    }

    private void CheckPort(Probe probe, string path)
    {
        if (probe.Grpc is { } grpc)
        {
            CheckPortNumber(errors, $"{path}.grpc.port", grpc.Port);
        }

        var (port, place) = probe.HttpGet is { } http ? (http.Port, "httpGet") : (probe.TcpSocket?.Port ?? default, "tcpSocket");
        if (port.Number is { } number)
        {
            CheckPortNumber(errors, $"{path}.{place}.port", number);
        }
        else if (port.Text is { } name && container.FindPort(port) is null)
        {
            // The API server accepts this, and the probe never succeeds. The lab reports it immediately.
            errors.AddError($"{path}.{place}.port", $"Not found: \"{name}\" (no port of the container has that name)");
        }
    }

    private void RequireNonNegative(string path, int value)
    {
        if (value < 0)
        {
            errors.AddInvalidValue(path, value, "must be greater than or equal to 0");
        }
    }
}

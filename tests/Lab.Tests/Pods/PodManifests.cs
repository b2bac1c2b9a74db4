namespace Lab.Tests.Pods;

internal static class PodManifests
{
    /// <summary>Two sidecars with startup probes, and one main container.</summary>
    public const string TwoSidecars =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: pod}
        spec:
          initContainers:
          - {name: logging, image: log-tailer:v1, restartPolicy: Always, startupProbe: {httpGet: {port: 8002}, periodSeconds: 1, failureThreshold: 60}}
          - {name: metrics, image: metrics-relay:v1, restartPolicy: Always, startupProbe: {httpGet: {port: 9090}, periodSeconds: 1, failureThreshold: 60}}
          containers:
          - {name: agent, image: agent:v1}
        """;

    /// <summary>Two sidecars without probes, and one main container.</summary>
    public const string TwoBareSidecars =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: pod}
        spec:
          initContainers:
          - {name: logging, image: log-tailer:v1, restartPolicy: Always}
          - {name: metrics, image: metrics-relay:v1, restartPolicy: Always}
          containers:
          - {name: agent, image: agent:v1}
        """;

    /// <summary>One sidecar without probes, and one main container.</summary>
    public const string OneBareSidecar =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: pod}
        spec:
          initContainers:
          - {name: s, image: "busybox:1.36", restartPolicy: Always}
          containers:
          - {name: agent, image: "busybox:1.36"}
        """;
}

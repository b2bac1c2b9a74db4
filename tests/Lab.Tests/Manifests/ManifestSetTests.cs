using Lab.Manifests;

namespace Lab.Tests.Manifests;

/// <summary>Mistakes in manifests, each with the message of a Kubernetes 1.36 API server.</summary>
public sealed class ManifestSetTests
{
    [Theory]
    [InlineData("containers: [{name: a, image: 'x:v1', bogus: 1}]", "unknown field \"spec.containers[0].bogus\"")]
    [InlineData("containers: [{name: a, image: 'x:v1', ports: [{containerPort: '8000'}]}]", "json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32")]
    [InlineData("containers: [{name: a, image: 'x:v1'}], initContainers: [{name: s, image: y}]", "json: cannot unmarshal bool into Go struct field Container.spec.initContainers.image of type string")]
    [InlineData("containers: [{name: a, image: 'x:v1'}], initContainers: [{name: s, image: 'y:v1', restartPolicy: Sometimes}]", "The Pod \"bad\" is invalid: spec.initContainers[0].restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"Never\", \"OnFailure\"")]
    [InlineData("containers: [{name: a, image: 'x:v1', volumeMounts: [{name: v, mountPath: /v}]}]", "The Pod \"bad\" is invalid: spec.containers[0].volumeMounts[0].name: Not found: \"v\"")]
    [InlineData("containers: [{name: a}]", "The Pod \"bad\" is invalid: spec.containers[0].image: Required value")]
    [InlineData("containers: [{name: a, image: x}, {name: a, image: x}]", "The Pod \"bad\" is invalid: spec.containers[1].name: Duplicate value: \"a\"")]
    [InlineData("volumes: [{name: v, emptyDir: {}}], containers: [{name: a, image: 'x:v1', volumeMounts: [{name: v, mountPath: /v},{name: v, mountPath: /v}]}]", "The Pod \"bad\" is invalid: spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/v\": must be unique")]
    [InlineData("containers: [{name: a, image: x, ports: [{containerPort: 99999}]}]", "The Pod \"bad\" is invalid: spec.containers[0].ports[0].containerPort: Invalid value: 99999: must be between 1 and 65535, inclusive")]
    [InlineData("containers: [{name: a, image: x, ports: [{containerPort: 80, name: http},{containerPort: 81, name: http}]}]", "The Pod \"bad\" is invalid: spec.containers[0].ports[1].name: Duplicate value: \"http\"")]
    [InlineData("containers: [{name: a, image: x, resources: {requests: {memory: 64Mi}, limits: {memory: 32Mi}}}]", "The Pod \"bad\" is invalid: spec.containers[0].resources.requests: Invalid value: \"64Mi\": must be less than or equal to memory limit of 32Mi")]
    [InlineData("containers: []", "The Pod \"bad\" is invalid: spec.containers: Required value")]
    [InlineData("containers: [{name: a, image: x}], initContainers: [{name: s, image: x, readinessProbe: {tcpSocket: {port: 80}}}]", "The Pod \"bad\" is invalid: spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always")]
    [InlineData("containers: [{name: a, image: x, livenessProbe: {periodSeconds: 1}}]", "The Pod \"bad\" is invalid: spec.containers[0].livenessProbe: Required value: must specify a handler type")]
    [InlineData("containers: [{name: a, image: x, livenessProbe: {httpGet: {port: web}}}]", "The Pod \"bad\" is invalid: spec.containers[0].livenessProbe.httpGet.port: Not found: \"web\" (no port of the container has that name)")]
    [InlineData("containers: [{name: ../x, image: x}]", "The Pod \"bad\" is invalid: spec.containers[0].name: Invalid value: \"../x\": a lowercase RFC 1123 label")]
    [InlineData("volumes: [{name: v}], containers: [{name: a, image: x}]", "The Pod \"bad\" is invalid: spec.volumes[0]: Required value: must specify a volume type")]
    [InlineData("volumes: [{name: v, emptyDir: {}, hostPath: {path: /x}}], containers: [{name: a, image: x}]", "The Pod \"bad\" is invalid: spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type")]
    [InlineData("containers: [{name: a, image: x, resources: {limits: {memory: lots}}}]", "spec.containers[0].resources.limits.memory: quantities must match")]
    public void Mistake_in_a_Pod_is_rejected_with_the_message_of_the_API_server(string spec, string message)
    {
        var manifest = $"apiVersion: v1\nkind: Pod\nmetadata: {{name: bad}}\nspec:\n  {{{spec}}}\n";

        var exception = Assert.Throws<ManifestException>(() => ManifestSet.ReadManifests([("in.yaml", manifest)]));

        Assert.StartsWith($"in.yaml:5: {message}", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Theory]
    [InlineData("{apiVersion: v1, kind: Podd, metadata: {name: bad}}", "no matches for kind \"Podd\" in version \"v1\"")]
    [InlineData("{apiVersion: v1, kind: Pod, metadata: {name: Bad_Name}, spec: {containers: [{name: a, image: x}]}}", "The Pod \"Bad_Name\" is invalid: metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain must consist of")]
    [InlineData("{apiVersion: apps/v1, kind: Deployment, metadata: {name: bad}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: c}}, spec: {containers: [{name: a, image: x}]}}}}", "The Deployment \"bad\" is invalid: spec.template.metadata.labels: Invalid value: {\"a\":\"c\"}: `selector` does not match template `labels`")]
    [InlineData("{apiVersion: batch/v1, kind: Job, metadata: {name: bad}, spec: {template: {spec: {restartPolicy: Always, containers: [{name: a, image: x}]}}}}", "The Job \"bad\" is invalid: spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"")]
    [InlineData("{apiVersion: v1, kind: Pod, spec: {containers: [{name: a, image: x}]}}", "Pod: metadata.name: Required value: name or generateName is required")]
    [InlineData("{kind: Pod}", "apiVersion not set")]
    [InlineData("just text", "not a Kubernetes object: expected a map with apiVersion and kind")]
    [InlineData("{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {password: hunter2!}}", "data.password: not base64 (plain text belongs in stringData)")]
    [InlineData("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {../x: text}}", "The ConfigMap \"c\" is invalid: data: Invalid value: \"../x\"")]
    public void Mistake_in_an_object_is_rejected_with_file_and_line(string manifest, string message)
    {
        var exception = Assert.Throws<ManifestException>(() => ManifestSet.ReadManifests([("in.yaml", manifest)]));

        Assert.StartsWith($"in.yaml:1: {message}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_are_listed_with_their_lines()
    {
        var exception = Assert.Throws<ManifestException>(() => ManifestSet.ReadManifests([("pod.yaml",
            """
            apiVersion: v1
            kind: Pod
            metadata:
              name: pod
            spec:
              containers:
              - name: agent
                image: agent:v1
                enviroment: []
                ports:
                - containerport: 1
            """)]));

        Assert.Equal(
            [
                "pod.yaml:9: unknown field \"spec.containers[0].enviroment\"",
                "pod.yaml:11: unknown field \"spec.containers[0].ports[0].containerport\"",
                "pod.yaml:11: spec.containers[0].ports[0].containerPort: Required value",
            ],
            exception.Message.Split('\n').Select(line => line.Replace("The Pod \"pod\" is invalid: ", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void Valid_fields_that_a_laptop_cannot_enforce_are_accepted()
    {
        var set = ManifestSet.ReadManifests([("deployment.yaml",
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: agent, annotations: {a: b}}
            spec:
              replicas: 3
              revisionHistoryLimit: 2
              strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0%}}
              selector: {matchLabels: {app: agent}}
              template:
                metadata: {labels: {app: agent}}
                spec:
                  serviceAccountName: agent
                  priorityClassName: high
                  tolerations: [{key: gpu, operator: Exists}]
                  affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: zone}}]}}
                  topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]
                  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
                  containers:
                  - name: agent
                    image: agent:v1
                    imagePullPolicy: IfNotPresent
                    resources: {requests: {cpu: 0.5, memory: 64Mi}, limits: {memory: 128Mi}}
                    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: agent}
            spec: {selector: {app: agent}, ports: [{port: 80, targetPort: http}]}
            ---
            """)]);

        Assert.Equal("agent", set.Workloads.Single().Pod.Metadata.Name);
        Assert.Equal("0.5", set.Workloads.Single().Pod.Spec.Containers[0].Resources.Requests["cpu"]);
        Assert.Equal("Service", set.NotNeeded.Single().Kind);
    }

    [Fact]
    public void Plain_text_of_a_Secret_takes_precedence_over_its_encoded_data()
    {
        var set = ManifestSet.ReadManifests([("in.yaml",
            """
            {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a.txt: hello}, binaryData: {b: AQI=}}
            ---
            {apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: b2xk, b: b2xk}, stringData: {a: new}}
            """)]);

        Assert.Equal("hello", set.ConfigMaps["c"].Data["a.txt"]);
        Assert.Equal([1, 2], set.ConfigMaps["c"].BinaryData["b"]);
        Assert.Equal("new"u8.ToArray(), set.Secrets["s"].GetContent()["a"]);
        Assert.Equal("old"u8.ToArray(), set.Secrets["s"].GetContent()["b"]);
    }

    [Fact]
    public void Duplicate_object_is_rejected_with_both_locations()
    {
        var exception = Assert.Throws<ManifestException>(() => ManifestSet.ReadManifests(
            [("a.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}"), ("b.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}")]));

        Assert.Equal("b.yaml:1: ConfigMap \"c\" is defined twice: first in a.yaml:1", exception.Message);
    }
}

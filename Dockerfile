# One file, one target per image:
#
#   docker build --target agent -t agent:v1 .
#   docker buildx bake                           # all images, see docker-bake.hcl
#
# It needs BuildKit, the default since Docker 23.0 (before that, set DOCKER_BUILDKIT=1). The build runs on the builder's
# architecture and compiles for the target's, so arm64 images need no emulation.
#
# Programs are self-contained, compiled ahead of time (ReadyToRun) and trimmed: see ForImage in Directory.Build.props. The base
# image needs no .NET runtime. It contains libc, libssl, time zones and certificates, and no shell.

ARG DOTNET_VERSION=10.0

# Only projects and package versions: packages are restored again only when these change.
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:${DOTNET_VERSION} AS restore
ARG TARGETARCH
WORKDIR /src
COPY global.json Directory.Build.props Directory.Build.targets Directory.Packages.props .editorconfig ./
COPY generators/OptionsGenerator/OptionsGenerator.csproj generators/OptionsGenerator/
COPY hosting/Hosting.csproj hosting/
COPY agent/Agent.csproj agent/
COPY sidecars/config-reloader/ConfigReloader.csproj sidecars/config-reloader/
COPY sidecars/log-tailer/LogTailer.csproj sidecars/log-tailer/
COPY sidecars/metrics-relay/MetricsRelay.csproj sidecars/metrics-relay/
COPY sidecars/tls-proxy/TlsProxy.csproj sidecars/tls-proxy/
ENV ForImage=true
RUN for project in agent sidecars/*; do dotnet restore "$project" --arch "$TARGETARCH" || exit 1; done

FROM restore AS source
COPY generators/ generators/
COPY hosting/ hosting/
# Mount points, owned by the images' user: a new volume takes over their owner.
RUN mkdir -p /volumes/var/log/agent /volumes/var/lib/log-tailer /volumes/var/lib/metrics-relay /volumes/var/lib/config-reloader /volumes/etc/tls

FROM source AS build-agent
COPY agent/ agent/
RUN dotnet publish agent --no-restore --arch "$TARGETARCH" --output /out && mv /out/Agent /out/agent

FROM source AS build-config-reloader
COPY sidecars/config-reloader/ sidecars/config-reloader/
RUN dotnet publish sidecars/config-reloader --no-restore --arch "$TARGETARCH" --output /out && mv /out/ConfigReloader /out/config-reloader

FROM source AS build-log-tailer
COPY sidecars/log-tailer/ sidecars/log-tailer/
RUN dotnet publish sidecars/log-tailer --no-restore --arch "$TARGETARCH" --output /out && mv /out/LogTailer /out/log-tailer

FROM source AS build-metrics-relay
COPY sidecars/metrics-relay/ sidecars/metrics-relay/
RUN dotnet publish sidecars/metrics-relay --no-restore --arch "$TARGETARCH" --output /out && mv /out/MetricsRelay /out/metrics-relay

FROM source AS build-tls-proxy
COPY sidecars/tls-proxy/ sidecars/tls-proxy/
RUN dotnet publish sidecars/tls-proxy --no-restore --arch "$TARGETARCH" --output /out && mv /out/TlsProxy /out/tls-proxy

# Common to all images: user, path and environment. Each adds a HEALTHCHECK for Docker; Kubernetes uses its probes.
FROM mcr.microsoft.com/dotnet/runtime-deps:${DOTNET_VERSION}-noble-chiseled AS base
ARG VERSION=1.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.vendor="Agent & Sidecars" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# No diagnostics port: it is a socket in /tmp, and the root file system is read-only. Two malloc arenas: by default libc
# creates one per contending thread, and memory that TLS sessions free stays in each of them.
ENV PATH=/app:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    DOTNET_EnableDiagnostics=0 \
    MALLOC_ARENA_MAX=2
WORKDIR /app
USER 1654:1654

FROM base AS agent
LABEL org.opencontainers.image.title="agent" \
      org.opencontainers.image.description="The inference service: POST /inference on :8000, metrics on :8001, one JSON line per request in LOG_FILE"
COPY --from=source --chown=1654:1654 /volumes/var/log/agent /var/log/agent
COPY --from=build-agent /out /app
EXPOSE 8000 8001
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["agent", "healthcheck"]
ENTRYPOINT ["agent"]

FROM base AS log-tailer
LABEL org.opencontainers.image.title="log-tailer" \
      org.opencontainers.image.description="Ships log files to stdout or a log store, at least once and in order"
COPY --from=source --chown=1654:1654 /volumes/var/lib/log-tailer /var/lib/log-tailer
COPY --from=build-log-tailer /out /app
EXPOSE 8002
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["log-tailer", "healthcheck"]
ENTRYPOINT ["log-tailer"]

FROM base AS metrics-relay
LABEL org.opencontainers.image.title="metrics-relay" \
      org.opencontainers.image.description="Scrapes the containers of its Pod and serves the result on :9090/metrics"
COPY --from=source --chown=1654:1654 /volumes/var/lib/metrics-relay /var/lib/metrics-relay
COPY --from=build-metrics-relay /out /app
EXPOSE 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["metrics-relay", "healthcheck"]
ENTRYPOINT ["metrics-relay"]

FROM base AS tls-proxy
LABEL org.opencontainers.image.title="tls-proxy" \
      org.opencontainers.image.description="TLS on :8443 in front of a plain HTTP application"
# Objects that survive a generation 0 collection belong to requests in flight and die soon after. A generation 1 budget of
# 3 MiB (hexadecimal) is enough; the default is 20 MiB. The garbage collector reads this from the environment only.
ENV DOTNET_GCGen1MaxBudget=300000
COPY --from=source --chown=1654:1654 /volumes/etc/tls /etc/tls
COPY --from=build-tls-proxy /out /app
EXPOSE 8443 8080 8003
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["tls-proxy", "healthcheck"]
ENTRYPOINT ["tls-proxy"]

FROM base AS config-reloader
LABEL org.opencontainers.image.title="config-reloader" \
      org.opencontainers.image.description="Watches mounted configuration and makes the application reload it"
COPY --from=source --chown=1654:1654 /volumes/var/lib/config-reloader /var/lib/config-reloader
COPY --from=build-config-reloader /out /app
EXPOSE 8004
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["config-reloader", "healthcheck"]
ENTRYPOINT ["config-reloader"]

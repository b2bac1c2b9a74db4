# docker buildx bake                                         every image as NAME:v1, for this machine's architecture
# REGISTRY=ghcr.io/me/ docker buildx bake release --push     amd64 and arm64, with provenance and SBOM

variable "REGISTRY" { default = "" }
variable "TAG" { default = "v1" }
variable "VERSION" { default = "1.0.0" }
variable "REVISION" { default = "unknown" }

group "default" {
  targets = ["image"]
}

group "release" {
  targets = ["published"]
}

target "image" {
  name       = name
  matrix     = { name = ["agent", "log-tailer", "metrics-relay", "tls-proxy", "config-reloader"] }
  context    = "."
  dockerfile = "Dockerfile"
  target     = name
  tags       = ["${REGISTRY}${name}:${TAG}"]
  args       = { VERSION = VERSION, REVISION = REVISION }
}

target "published" {
  name      = "${name}-published"
  matrix    = { name = ["agent", "log-tailer", "metrics-relay", "tls-proxy", "config-reloader"] }
  inherits  = [name]
  platforms = ["linux/amd64", "linux/arm64"]
  attest    = ["type=provenance,mode=max", "type=sbom"]
}

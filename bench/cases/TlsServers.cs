using Bench.Harness;

namespace Bench.Cases;

/// <summary>
/// The servers of <see cref="TlsTermination"/>: each terminates TLS, forwards to the same upstream, and writes an access log that
/// is discarded.
/// </summary>
internal static class TlsServers
{
    /// <summary>The upstream application: nginx with the files in <c>www</c>.</summary>
    public static MeasuredProcess StartUpstream(Workspace workspace, int port) => RunNginx(workspace, "upstream", "auto", $$"""
        server { listen 127.0.0.1:{{port}} backlog=4096; access_log off; root {{workspace["www"]}}; keepalive_requests 1000000; }
        """);

    /// <summary>Our TLS proxy with the environment of its image.</summary>
    public static MeasuredProcess StartTlsProxy(Workspace workspace, string program, int port, int upstream) => RunShell(
        $"exec env MALLOC_ARENA_MAX=2 DOTNET_GCGen1MaxBudget=300000 {program} --Https:Port={port} --Http:Port=-1 --Management:Port=0 " +
        $"--Listen:Address=localhost --Upstream:Url=http://127.0.0.1:{upstream} " +
        $"--Tls:Directory={workspace["tls"]} --Shutdown:DelaySeconds=0 >/dev/null");

    /// <summary>Kestrel without an upstream: it creates the response itself.</summary>
    public static MeasuredProcess StartKestrel(Workspace workspace, int port) =>
        MeasuredProcess.Start("dotnet", [typeof(EmptyApplication).Assembly.Location, "tls-floor", $"{port}", workspace["tls"]]);

    /// <summary>nginx as the proxy, with one worker.</summary>
    public static MeasuredProcess StartNginx(Workspace workspace, int port, int upstream) => RunNginx(workspace, "proxy", "1", $$"""
        upstream application { server 127.0.0.1:{{upstream}}; keepalive 128; keepalive_requests 1000000; }
        server {
          listen 127.0.0.1:{{port}} ssl http2 backlog=4096;
          ssl_certificate {{workspace["tls/tls.crt"]}};
          ssl_certificate_key {{workspace["tls/tls.key"]}};
          ssl_protocols TLSv1.2 TLSv1.3;
          keepalive_requests 1000000;
          access_log /dev/null combined;
          location / {
            proxy_pass http://application;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto https;
          }
        }
        """);

    /// <summary>haproxy, with one thread.</summary>
    public static MeasuredProcess StartHaproxy(Workspace workspace, int port, int upstream)
    {
        var configuration = workspace["haproxy.cfg"];
        File.WriteAllText(configuration, $"""
            global
              nbthread 1
              maxconn 4096
              log stdout format raw local0
            defaults
              mode http
              log global
              option httplog
              timeout connect 5s
              timeout client 60s
              timeout server 60s
              http-reuse always
            frontend https
              bind 127.0.0.1:{port} ssl crt {workspace["tls/both.pem"]} alpn h2,http/1.1 ssl-min-ver TLSv1.2 backlog 4096
              option forwardfor
              http-request set-header X-Forwarded-Proto https
              default_backend application
            backend application
              server one 127.0.0.1:{upstream}

            """);
        return RunShell($"exec {Requirement.FindProgram("haproxy")} -db -f {configuration} >/dev/null");
    }

    /// <summary>caddy, on one core.</summary>
    public static MeasuredProcess StartCaddy(Workspace workspace, int port, int upstream)
    {
        var configuration = workspace["Caddyfile"];
        File.WriteAllText(configuration, $$"""
            {
              admin off
              auto_https off
            }
            https://localhost:{{port}} {
              bind 127.0.0.1
              tls {{workspace["tls/tls.crt"]}} {{workspace["tls/tls.key"]}}
              log {
                output stdout
              }
              reverse_proxy 127.0.0.1:{{upstream}}
            }

            """);
        var caddy = Requirement.FindProgram("caddy");
        return RunShell(
            $"exec env GOMAXPROCS=1 HOME={workspace.Root} {caddy} run --adapter caddyfile --config {configuration} >/dev/null");
    }

    private static MeasuredProcess RunShell(string command) => MeasuredProcess.Start("sh", ["-c", command]);

    private static MeasuredProcess RunNginx(Workspace workspace, string name, string workers, string http)
    {
        var directory = Directory.CreateDirectory(workspace[name]).FullName;
        var configuration = Path.Combine(directory, "nginx.conf");
        File.WriteAllText(configuration, $$"""
            daemon off;
            worker_processes {{workers}};
            pid {{directory}}/pid;
            error_log stderr warn;
            events { worker_connections 4096; }
            http {
              default_type text/plain;
              client_body_temp_path {{directory}}/body; proxy_temp_path {{directory}}/proxy; fastcgi_temp_path {{directory}}/fastcgi;
              uwsgi_temp_path {{directory}}/uwsgi; scgi_temp_path {{directory}}/scgi;
              {{http}}
            }
            """);
        return MeasuredProcess.Start(Requirement.FindProgram("nginx")!, ["-p", directory, "-c", configuration]);
    }
}

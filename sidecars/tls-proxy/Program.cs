using TlsProxy;

await using var app = ProxyApplication.CreateApplication(args, builder => SocketMode.SelectFor(builder.Options));
return await app.RunAsync();

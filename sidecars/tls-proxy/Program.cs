using TlsProxy;

await using var app = ProxyApplication.Create(args);
return await app.RunAsync();

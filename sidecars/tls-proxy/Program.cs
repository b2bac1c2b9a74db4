using TlsProxy;
using TlsProxy.Listeners;

await using var app = ProxyApplication.Create(args, builder => SocketCompletions.Choose(builder.Options));
return await app.RunAsync();

using System.Text.Json.Nodes;
using TlsProxy.Certificates;

namespace TlsProxy.Status;

/// <summary>The certificates in <c>/statusz</c>: names, days left, and the result of the last scan of each directory.</summary>
internal sealed class CertificateStatus(CertificateStore store, CertificateExpiry expiry) : IStatusSection
{
    public string Name => "certificates";

    public JsonNode DescribeStatus() => new JsonArray([.. store.Slots.Select(slot => (JsonNode)DescribeSlot(slot))]);

    private JsonObject DescribeSlot(CertificateSlot slot)
    {
        var certificate = slot.Certificate!;
        var description = new JsonObject
        {
            ["key"] = CertificateStore.GetConfigurationKey(slot),
            ["directory"] = slot.Directory,
            ["names"] = new JsonArray([.. certificate.Names.Select(n => (JsonNode)n)]),
            ["subject"] = certificate.Leaf.Subject,
            ["issuer"] = certificate.Leaf.Issuer,
            ["serial"] = certificate.Leaf.SerialNumber,
            ["not_before"] = certificate.NotBefore,
            ["not_after"] = certificate.NotAfter,
            ["days_left"] = Math.Round(expiry.GetDaysLeft(certificate), 1),
            ["chain_length"] = 1 + certificate.Chain.Count,
            ["client_authorities"] = certificate.Authorities.Count,
            ["last_change"] = slot.LastChange,
            ["last_outcome"] = slot.Rejection is null ? "applied" : "rejected",
        };
        if (slot.Rejection is { } rejection)
        {
            description["last_error"] = rejection.Reason;
            description["remedy"] = rejection.Remedy;
        }

        return description;
    }
}

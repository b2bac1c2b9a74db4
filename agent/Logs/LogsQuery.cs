using System.Globalization;

namespace Agent.Logs;

/// <summary>The parameters of <c>GET /logs</c>.</summary>
/// <param name="Tail">Number of last lines to start with; -1 for all.</param>
/// <param name="From">The position to start at; default if not given.</param>
/// <param name="Follow">Whether new lines follow.</param>
internal readonly record struct LogsQuery(int Tail, LogPosition From, bool Follow)
{
    /// <param name="query">The query string.</param>
    /// <param name="result">The parameters.</param>
    /// <returns>The error in words; null if the query is valid.</returns>
    public static string? ParseQuery(IQueryCollection query, out LogsQuery result)
    {
        result = default;
        var tail = -1;
        if ((query.ContainsKey("tail") && !int.TryParse(query["tail"], NumberStyles.None, CultureInfo.InvariantCulture, out tail))
            || query["follow"].ToString() is not ("" or "true" or "false" or "1" or "0")
            || (query.ContainsKey("tail") && query.ContainsKey("from")))
        {
            return "tail must be a number of lines and follow must be true or false; tail and from exclude each other";
        }

        var from = default(LogPosition);
        if (query.ContainsKey("from") && !LogPosition.TryParse(query["from"].ToString(), out from))
        {
            return "from must be oldest, end, or a Log-Position header's value plus the bytes read since (FILE:OFFSET)";
        }

        result = new LogsQuery(tail, from, query.ContainsKey("follow") && query["follow"].ToString() is "" or "true" or "1");
        return null;
    }
}

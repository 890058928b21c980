namespace CqlDriver.Connections;

/// <summary>Opens the byte stream below a connection.</summary>
internal interface ITransportDialer
{
    /// <summary>
    /// Opens a stream to the endpoint. Reads and writes of it may run at the same time, one of each; disposing it ends both
    /// at once, with an exception or the end of the stream.
    /// </summary>
    Task<Stream> DialAsync(ConnectionSettings settings, NodeEndpoint endpoint, ShardWish? shard, CancellationToken cancellationToken);
}

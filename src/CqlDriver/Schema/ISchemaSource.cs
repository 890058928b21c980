namespace CqlDriver.Schema;

/// <summary>
/// Where the driver learns keyspaces and tables, in place of the server's schema tables. Set with
/// <see cref="CqlClusterOptions.SchemaSource"/>; one object serves one cluster object.
/// </summary>
public interface ISchemaSource
{
    /// <summary>
    /// The schema as it is now. Asked after the nodes were first read, when something suggests that it changed, and after statements
    /// of the driver's own sessions that changed it; never twice at a time. One that fails is asked again, later and later.
    /// </summary>
    /// <param name="cancellationToken">Cancelled after ten seconds, and when the cluster object is disposed.</param>
    Task<IReadOnlyList<KeyspaceMetadata>> ReadKeyspacesAsync(CancellationToken cancellationToken);
}

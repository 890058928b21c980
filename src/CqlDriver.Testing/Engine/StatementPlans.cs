using CqlDriver.Testing.Cql;
using CqlDriver.Testing.Model;

namespace CqlDriver.Testing.Engine;

/// <summary>USE: the connection's keyspace becomes another.</summary>
internal sealed class UsePlan(string keyspace) : Plan
{
    public override EngineResult Execute(EngineState state, ExecutionScope scope) => state.Schema.Find(keyspace) is null
        ? throw CqlServerException.Invalid($"Keyspace '{keyspace}' does not exist")
        : new SetKeyspaceResult(keyspace);
}

/// <summary>TRUNCATE.</summary>
internal sealed class TruncatePlan(TableDefinition table) : Plan
{
    public override EngineResult Execute(EngineState state, ExecutionScope scope)
    {
        if (table.IsVirtual)
        {
            throw new CqlServerException(ServerError.Unauthorized($"{table.Keyspace} keyspace is not user-modifiable."));
        }

        state.Store(table, scope).Clear();
        return EngineResult.Void;
    }
}

/// <summary>CREATE, ALTER, DROP.</summary>
internal sealed class SchemaPlan(StatementSyntax statement, string? keyspace, Func<int> nodeCount) : Plan
{
    public override EngineResult Execute(EngineState state, ExecutionScope scope) =>
        new SchemaChanges(state, keyspace, scope.Now, nodeCount(), scope.Warnings).Execute(statement);
}

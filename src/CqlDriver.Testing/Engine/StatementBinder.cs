using CqlDriver.Testing.Cql;
using CqlDriver.Testing.Model;

namespace CqlDriver.Testing.Engine;

/// <summary>Makes a plan of a parsed statement, by the schema of the moment and the keyspace in use.</summary>
internal sealed class StatementBinder(SchemaSnapshot schema, string? keyspace, Func<int> nodeCount)
{
    private bool _isFullyQualified = true;

    public Plan Bind(ParsedStatement parsed)
    {
        var variables = new BindVariables(parsed.Markers);
        Plan plan;
        switch (parsed.Statement)
        {
            case SelectSyntax select:
                plan = new SelectBinder(Terms(select.Table, variables), variables).Bind(select);
                break;
            case ModificationSyntax modification:
                plan = new ModificationBinder(Terms(modification.Table, variables)).Bind(modification);
                plan.Variables = variables.ToSpecs();
                break;
            case BatchSyntax batch:
                plan = Bind(batch, variables);
                break;
            default:
                plan = parsed.Markers.IsEmpty ? BindRare(parsed.Statement) : throw CqlServerException.Invalid("Bind variables cannot stand in this kind of statement");
                break;
        }

        plan.IsFullyQualified = _isFullyQualified;
        return plan;
    }

    private Plan BindRare(StatementSyntax statement) => statement switch
    {
        UseSyntax use => new UsePlan(use.Keyspace) { Variables = [] },
        TruncateSyntax truncate => new TruncatePlan(Table(truncate.Table)) { Variables = [] },
        _ => new SchemaPlan(statement, keyspace, nodeCount) { Variables = [] },
    };

    private BatchPlan Bind(BatchSyntax batch, BindVariables variables)
    {
        var plans = new List<ModificationPlan>();
        foreach (var statement in batch.Statements)
        {
            if (batch.Using.Timestamp is not null && statement.Using.Timestamp is not null)
            {
                throw CqlServerException.Invalid("Timestamp must be set either on BATCH or individual statements");
            }

            plans.Add(new ModificationBinder(Terms(statement.Table, variables)).Bind(statement));
        }

        if (batch.Using.TimeToLive is not null)
        {
            throw CqlServerException.Invalid("Global TTL on the BATCH statement is not supported.");
        }

        var timestamp = batch.Using.Timestamp is { } term && plans.Count > 0
            ? Terms(batch.Statements[0].Table, variables).Bind(term, "[timestamp]", CqlType.Bigint)
            : null;
        return new BatchPlan
        {
            Kind = batch.Kind,
            Plans = [.. plans],
            Timestamp = timestamp,
            Variables = variables.ToSpecs(),
            Tables = [.. plans.SelectMany(plan => plan.Tables)],
        };
    }

    private TermBinder Terms(QualifiedName name, BindVariables variables)
    {
        var table = Table(name);
        return new TermBinder(table, variables, new TypeResolver(table.Keyspace, schema.Get(table.Keyspace).Types));
    }

    private TableDefinition Table(QualifiedName name)
    {
        _isFullyQualified &= name.Keyspace is not null;
        var resolved = name.Keyspace ?? keyspace
            ?? throw CqlServerException.Invalid("No keyspace has been specified. USE a keyspace, or explicitly specify keyspace.tablename");
        return schema.Get(resolved).Tables.GetValueOrDefault(name.Name) ?? throw CqlServerException.Invalid($"table {name.Name} does not exist");
    }
}

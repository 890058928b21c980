using System.Collections.Immutable;
using CqlDriver.Protocol;
using CqlDriver.Testing.Engine;

namespace CqlDriver.Testing.Server;

/// <summary>Runs QUERY, PREPARE, EXECUTE and BATCH of one connection against the cluster's database.</summary>
internal readonly struct StatementHandler(ServerConnection connection, Handshake handshake)
{
    private readonly EmbeddedNode _node = connection.Node;

    public CqlAnswer Run(CqlRequest request, AnswerChanges changes) => request switch
    {
        QueryRequest query => Query(query, changes),
        PrepareRequest prepare => Prepare(prepare, changes),
        ExecuteRequest execute => Execute(execute, changes),
        BatchRequest batch => Batch(batch, changes),
        _ => throw new CqlServerException(ServerError.Protocol($"Unexpected message {request.GetType().Name}")),
    };

    private CqlAnswer Query(QueryRequest query, AnswerChanges changes)
    {
        var scope = Scope(query.Parameters, changes);
        var values = query.Parameters.Values;
        var result = _node.Engine.Execute(query.Cql, query.Parameters.Keyspace ?? handshake.Keyspace, scope, plan => scope.Values = Bind(plan, values));
        return Answer(query, query.Cql, scope, result, changes);
    }

    private CqlAnswer Prepare(PrepareRequest prepare, AnswerChanges changes)
    {
        var prepared = _node.Prepared.Add(_node.Engine, prepare.Cql, prepare.Keyspace ?? handshake.Keyspace);
        var plan = prepared.Plan;
        var flags = plan.IsConditional ? unchecked((int)handshake.Extensions.LwtMask) : 0;
        var metadata = plan.IsConditional || plan.ResultColumns is not { } columns ? null : new ResultMetadata(columns);
        var variables = new PreparedVariables(flags, plan.Variables, plan.PartitionKeyIndexes);
        var prefix = Prefix(prepare, prepare.Cql, [], changes);
        return new CqlAnswer(new PreparedResponse(new PreparedResult(prepared.Id, prepared.ResultMetadataId, variables, metadata))) { Prefix = prefix };
    }

    private CqlAnswer Execute(ExecuteRequest execute, AnswerChanges changes)
    {
        var prepared = Find(execute.PreparedId);
        var scope = Scope(execute.Parameters, changes);
        scope.Values = Bind(prepared.Plan, execute.Parameters.Values);
        if (_node.Cluster.Tablets.AreOwnersStrict && Misrouted(execute, prepared.Plan, scope.Values) is { } wrong)
        {
            return new CqlAnswer(ServerError.WithCode(EmbeddedTablets.WrongOwnerCode, $"This is no replica of the tablet {wrong.Range}").Response)
            {
                Prefix = _node.Cluster.Tablets.DoErrorsTell ? With(changes.Prefix, wrong) : changes.Prefix,
            };
        }

        var result = _node.Engine.TryExecute(prepared.Plan, scope);
        if (result is null)
        {
            _node.Prepared.Forget(prepared);
            throw new CqlServerException(ServerError.Unprepared(execute.PreparedId));
        }

        changes = Told(execute, prepared.Plan, scope.Values, changes);
        if (result is not RowsResult rows)
        {
            return Answer(execute, prepared.Cql, scope, result, changes);
        }

        // The shape of a conditional statement's answer depends on the outcome: it always comes with its metadata.
        var isChanged = execute.ResultMetadataId is { } known && !known.AsSpan().SequenceEqual(prepared.ResultMetadataId);
        var skips = execute.Parameters.SkipMetadata && !isChanged && !prepared.Plan.IsConditional;
        return Rows(execute, prepared.Cql, scope, rows, changes, skips, isChanged && !prepared.Plan.IsConditional ? prepared.ResultMetadataId : null);
    }

    /// <summary>Successful answers tell clients that take it up where the tablet is, when the request came to another place.</summary>
    private AnswerChanges Told(ExecuteRequest execute, Plan plan, byte[]?[] values, AnswerChanges changes) =>
        Misrouted(execute, plan, values) is { } tablet ? changes with { Prefix = With(changes.Prefix, tablet) } : changes;

    private ResponsePrefix With(ResponsePrefix prefix, EmbeddedTablet tablet)
    {
        var isSecond = handshake.Extensions.TabletsVersion == 2;
        var payload = new Dictionary<string, byte[]?>(prefix.CustomPayload ?? ImmutableDictionary<string, byte[]?>.Empty)
        {
            [isSecond ? Partitioning.TabletPayload.KeyV2 : Partitioning.TabletPayload.KeyV1] = EmbeddedTablets.Payload(tablet, isSecond),
        };
        return prefix with { CustomPayload = payload };
    }

    /// <summary>The first form looks at where the request came to, the second at whether the client knows the tablet's version, by four bits of it.</summary>
    private EmbeddedTablet? Misrouted(ExecuteRequest execute, Plan plan, byte[]?[] values)
    {
        if (handshake.Extensions.TabletsVersion == 0 || plan.PartitionKeyIndexes.IsEmpty || plan.Tables is not [{ IsVirtual: false } table, ..])
        {
            return null;
        }

        var token = new Token(Storage.PartitionKey.Of([.. plan.PartitionKeyIndexes.Select(index => values[index]!)]).Token);
        var place = new Partitioning.Replica(_node.HostId, connection.Shard?.Shard);
        return _node.Cluster.Tablets.Misrouted(table, token, place, execute.TabletVersionBlock is { } block ? Knows : null);

        bool Knows(EmbeddedTablet tablet) => ((tablet.Version >> (4 * (block >> 4))) & 0xF) == (ulong)(block & 0xF);
    }

    private CqlAnswer Batch(BatchRequest batch, AnswerChanges changes)
    {
        var keyspace = batch.Keyspace ?? handshake.Keyspace;
        var scope = Scope(new RequestParameters(batch.Consistency) { Timestamp = batch.Timestamp, NowInSeconds = batch.NowInSeconds }, changes);
        EngineResult? result;
        do
        {
            // A table that changes between binding and running: texts are bound anew, prepared ones are found to be forgotten.
            var entries = new List<BatchEntry>(batch.Statements.Length);
            foreach (var statement in batch.Statements)
            {
                var plan = statement.PreparedId is { } id ? FindCurrent(id).Plan : _node.Engine.Prepare(statement.Cql!, keyspace);
                if (plan is not ModificationPlan modification)
                {
                    throw CqlServerException.Invalid("Invalid statement in batch: only UPDATE, INSERT and DELETE statements are allowed.");
                }

                entries.Add(new BatchEntry(modification, Bind(plan, statement.Values)));
            }

            result = _node.Engine.TryExecute(batch.Kind, entries, scope);
        }
        while (result is null);

        return Answer(batch, "BATCH", scope, result, changes);
    }

    private PreparedStatement Find(byte[] id) => _node.Prepared.Find(id) ?? throw new CqlServerException(ServerError.Unprepared(id));

    private PreparedStatement FindCurrent(byte[] id)
    {
        var prepared = Find(id);
        if (prepared.Plan.IsCurrent(_node.Engine.Schema))
        {
            return prepared;
        }

        _node.Prepared.Forget(prepared);
        throw new CqlServerException(ServerError.Unprepared(id));
    }

    private ExecutionScope Scope(RequestParameters parameters, AnswerChanges changes)
    {
        var now = _node.Engine.Now;
        return new ExecutionScope
        {
            PageSize = parameters.PageSize,
            PagingState = parameters.PagingState,
            Consistency = parameters.Consistency,
            Timestamp = parameters.Timestamp ?? _node.Engine.NextTimestamp(),
            Now = now,
            NowSeconds = parameters.NowInSeconds ?? now.ToUnixTimeSeconds(),
            Viewer = new NodeViewer(_node, changes.HostId),
        };
    }

    private static byte[]?[] Bind(Plan plan, ImmutableArray<RequestValue> values)
    {
        if (values.Length > 0 && values[0].Name is not null)
        {
            return BindByName(plan, values);
        }

        if (values.Length != plan.Variables.Length)
        {
            throw CqlServerException.Invalid($"Invalid amount of bind variables: {plan.Variables.Length} needed, {values.Length} bound");
        }

        var bound = new byte[]?[values.Length];
        for (var i = 0; i < bound.Length; i++)
        {
            bound[i] = RequestRecords.ToBytes(values[i]);
        }

        return bound;
    }

    private static byte[]?[] BindByName(Plan plan, ImmutableArray<RequestValue> values)
    {
        var bound = new byte[]?[plan.Variables.Length];
        for (var i = 0; i < bound.Length; i++)
        {
            var name = plan.Variables[i].Name;
            var at = -1;
            for (var j = 0; j < values.Length && at < 0; j++)
            {
                at = values[j].Name == name ? j : -1;
            }

            bound[i] = at >= 0 ? RequestRecords.ToBytes(values[at]) : throw CqlServerException.Invalid($"Invalid amount of bind variables: none was bound for '{name}'");
        }

        return bound;
    }

    private CqlAnswer Answer(CqlRequest request, string cql, ExecutionScope scope, EngineResult result, AnswerChanges changes)
    {
        if (result is RowsResult rows)
        {
            return Rows(request, cql, scope, rows, changes, skipsMetadata: false, newMetadataId: null);
        }

        var prefix = Prefix(request, cql, scope.Warnings, changes);
        switch (result)
        {
            case SetKeyspaceResult set:
                handshake.Keyspace = set.Keyspace;
                return new CqlAnswer(new SetKeyspaceResponse(set.Keyspace)) { Prefix = prefix };
            case SchemaChangeResult change:
                var made = SchemaChangeOf(change);
                _node.Cluster.OnSchemaChanged(made);
                return new CqlAnswer(new SchemaChangeResponse(made)) { Prefix = prefix };
            default:
                return new CqlAnswer(prefix == ResponsePrefix.None ? null : new VoidResponse()) { Prefix = prefix };
        }
    }

    private CqlAnswer Rows(CqlRequest request, string cql, ExecutionScope scope, RowsResult rows, AnswerChanges changes, bool skipsMetadata, byte[]? newMetadataId)
    {
        var header = new RowsHeader
        {
            ColumnCount = rows.Columns.Length,
            Metadata = skipsMetadata ? null : new ResultMetadata(rows.Columns),
            PagingState = rows.PagingState,
            NewMetadataId = newMetadataId,
            RowCount = rows.Rows.Count,
        };
        return new CqlAnswer(null) { Prefix = Prefix(request, cql, scope.Warnings, changes), Rows = (header, rows.Rows) };
    }

    private ResponsePrefix Prefix(CqlRequest request, string cql, List<string> warnings, AnswerChanges changes)
    {
        if (!request.IsTraced && warnings.Count == 0)
        {
            return changes.Prefix;
        }

        return changes.Prefix with
        {
            TracingId = request.IsTraced ? Tracing.Write(connection, cql) : null,
            Warnings = changes.Prefix.Warnings.AddRange(warnings),
        };
    }

    internal static SchemaChange SchemaChangeOf(SchemaChangeResult change) => new(
        change.Change switch
        {
            "CREATED" => SchemaChangeKind.Created,
            "UPDATED" => SchemaChangeKind.Updated,
            _ => SchemaChangeKind.Dropped,
        },
        change.Target switch
        {
            "KEYSPACE" => SchemaChangeTarget.Keyspace,
            "TABLE" => SchemaChangeTarget.Table,
            _ => SchemaChangeTarget.Type,
        },
        change.Keyspace,
        change.Name,
        []);
}

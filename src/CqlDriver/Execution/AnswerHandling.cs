using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Diagnostics;
using CqlDriver.Protocol;

namespace CqlDriver.Execution;

/// <summary>
/// What follows an answer: a result ends the request, an error is retried or ends it, a forgotten statement is prepared anew,
/// a changed keyspace or schema is made known before the caller goes on. Runs on a pool thread that owns the request.
/// </summary>
internal sealed class AnswerHandling(RequestExecutor executor)
{
    public void Handle(RequestExecution request, ref Answer answer)
    {
        switch (answer.Header.Opcode)
        {
            case Opcode.Result:
                OnResult(request, ref answer);
                break;
            case Opcode.Error:
                OnError(request, ref answer);
                break;
            default:
                throw new CqlProtocolException($"A node answered a request with the opcode {answer.Header.Opcode}.");
        }
    }

    private void OnResult(RequestExecution request, ref Answer answer)
    {
        var reader = new CqlReader(answer.Body, "RESULT");
        var prefix = ResponsePrefix.Read(answer.Header.Flags, ref reader);
        var kind = (ResultKind)reader.ReadInt();
        switch (kind)
        {
            case ResultKind.Rows:
                OnRows(request, ref answer, InfoOf(request, prefix), ref reader);
                break;
            case ResultKind.Void:
                request.Succeed(new RowSet(InfoOf(request, prefix)));
                break;
            case ResultKind.SetKeyspace:
                OnKeyspaceChanged(request, reader.ReadString(), InfoOf(request, prefix));
                break;
            case ResultKind.SchemaChange:
                OnSchemaChanged(request, InfoOf(request, prefix));
                break;
            default:
                throw new CqlProtocolException($"A node answered a request with a result of kind {kind}.");
        }
    }

    private void OnRows(RequestExecution request, ref Answer answer, ExecutionInfo info, ref CqlReader reader)
    {
        var answered = request.Content.Prepared?.Answered;
        var header = RowsHeader.Read(ref reader, answered?.Known);
        var layout = LayoutOf(request, header, answered, answer.Body);
        var next = header.PagingState is { } state ? new FollowingPage(executor, request.Content, new PagingState(state)) : null;
        var body = answer.Detach(out var length);
        request.Succeed(new RowSet(info, layout, body, length, header.ContentOffset, header.RowCount, next));
    }

    private RowLayout LayoutOf(RequestExecution request, in RowsHeader header, AnsweredColumns? answered, ReadOnlySpan<byte> body)
    {
        if (header.Metadata is not { } metadata)
        {
            var sent = request.Course.SentLayout;
            return sent?.Columns.Length == header.ColumnCount
                ? sent
                : throw new CqlProtocolException($"A node left out the {header.ColumnCount} columns of a result, and was not asked to.");
        }

        if (answered is not null && header.NewMetadataId is null && ReferenceEquals(answered.Known.Metadata, metadata))
        {
            return answered.Layout;
        }

        var layout = new RowLayout(metadata.Columns, executor.Settings.Options.Codecs, header.NewMetadataId);
        if (request.Content.Prepared is { } prepared)
        {
            prepared.Answered = new AnsweredColumns(new KnownColumns(metadata, header.IsOfOneTable, body[header.ColumnBytes].ToArray()), layout);
            if (header.NewMetadataId is not null)
            {
                prepared.UpdateLayout(layout);
            }
        }

        return layout;
    }

    private void OnKeyspaceChanged(RequestExecution request, string keyspace, ExecutionInfo info)
    {
        var waiting = request.Pause();
        executor.Background.TryRun("moving the session to another keyspace", () => GoOnAfterAsync(request, waiting, async () =>
        {
            await executor.MoveToKeyspaceAsync(keyspace).ConfigureAwait(false);
            return new RowSet(info);
        }));
    }

    private void OnSchemaChanged(RequestExecution request, ExecutionInfo info)
    {
        var connection = (CqlConnection)request.Course.Connection!;
        var waiting = request.Pause();
        executor.Background.TryRun("waiting for schema agreement", () => GoOnAfterAsync(request, waiting, async () =>
        {
            var isAgreed = await executor.WaitForSchemaAgreementAsync(connection).ConfigureAwait(false);
            return new RowSet(isAgreed ? info : new ExecutionInfo(info.Coordinator)
            {
                EarlierAttempts = info.EarlierAttempts,
                WasForwarded = info.WasForwarded,
                Warnings = info.Warnings,
                TracingId = info.TracingId,
                CustomPayload = info.CustomPayload,
                IsSchemaInAgreement = false,
            });
        }));
    }

    private static async Task GoOnAfterAsync(RequestExecution request, RequestToken waiting, Func<Task<RowSet>> work)
    {
        RowSet result;
        try
        {
            result = await work().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it is, it ends the request, whose caller is told.
        catch (Exception error)
#pragma warning restore CA1031
        {
            if (request.TryEndPause(waiting))
            {
                request.Fail(error);
            }

            return;
        }

        if (request.TryEndPause(waiting))
        {
            request.Succeed(result);
        }
    }

    private void OnError(RequestExecution request, ref Answer answer)
    {
        var connection = request.Course.Connection!;
        var node = request.Course.Node!;
        var error = (ErrorResponse)ResponseDecoder.Decode(answer.Header, answer.Body, connection.Facts.Extensions);
        if (error is UnpreparedError forgotten && FindPrepared(request.Content, forgotten.PreparedId) is { } core && request.TryPrepareAgain())
        {
            PrepareAgain(request, (CqlConnection)connection, core);
            return;
        }

        var exception = ServerErrors.ToException(error, node.Endpoint, node.HostId);
        if (executor.Settings.Options.IsWrongReplica is { } isWrongReplica && isWrongReplica(exception) && request.TryReroute())
        {
            Reroute(request, exception, error.Prefix);
            return;
        }

        request.OnAttemptFailed(exception);
    }

    /// <summary>The node did nothing. The request goes on, once, when what it told is known, or else the nodes were read.</summary>
    private void Reroute(RequestExecution request, ServerException error, ResponsePrefix prefix)
    {
        var told = executor.Tablets.MisrouteOf(request, prefix.CustomPayload);
        var waiting = request.Pause();
        executor.Background.TryRun("finding a partition's replicas", async () =>
        {
            await executor.Tablets.RefuteAsync(told).ConfigureAwait(false);
            if (request.TryEndPause(waiting))
            {
                request.SendElsewhere(error);
            }
        });
    }

    private static PreparedCore? FindPrepared(RequestContent content, byte[] id)
    {
        if (content.Prepared is { } prepared && prepared.Id.AsSpan().SequenceEqual(id))
        {
            return prepared;
        }

        return content.Batched.FirstOrDefault(batched => batched.Id.AsSpan().SequenceEqual(id));
    }

    private void PrepareAgain(RequestExecution request, CqlConnection connection, PreparedCore core)
    {
        var waiting = request.Pause();
        executor.Background.TryRun("preparing a statement again", async () =>
        {
            bool isSameConnectionAlive;
            try
            {
                isSameConnectionAlive = await executor.Prepared.PrepareAgainAsync(connection, core).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // Whatever it is, it ends the request, whose caller is told.
            catch (Exception error)
#pragma warning restore CA1031
            {
                if (request.TryEndPause(waiting))
                {
                    request.Fail(error);
                }

                return;
            }

            if (request.TryEndPause(waiting))
            {
                request.SendAgain(onSameNode: isSameConnectionAlive);
            }
        });
    }

    private ExecutionInfo InfoOf(RequestExecution request, ResponsePrefix prefix)
    {
        var node = request.Course.Node!;
        var earlier = request.EarlierAttempts;
        if (ReferenceEquals(prefix, ResponsePrefix.None) && earlier.IsEmpty && !request.Course.WasForwarded)
        {
            return executor.VoidResultOf(node).Info;
        }

        if (prefix.CustomPayload is { } payload)
        {
            executor.Tablets.Learn(request, payload);
        }

        foreach (var warning in prefix.Warnings)
        {
            executor.Logger.ServerWarned(warning);
        }

        return new ExecutionInfo(node)
        {
            EarlierAttempts = earlier,
            WasForwarded = request.Course.WasForwarded,
            Warnings = prefix.Warnings,
            TracingId = prefix.TracingId,
            CustomPayload = prefix.CustomPayload ?? ImmutableDictionary<string, byte[]?>.Empty,
        };
    }
}

using CqlDriver.Protocol;

namespace CqlDriver.Testing.Server;

/// <summary>Does what a rule says with one request.</summary>
internal sealed class FaultExecution(ServerConnection connection, Exchange exchange, FaultRule rule)
{
    public void Start()
    {
        if (rule.RunsStatementFirst)
        {
            exchange.Run();
            rule.CountHit();
        }

        switch (rule.Reaction)
        {
            case FaultReaction.DelayReaction delay:
                if (!connection.TryTrack(() => AnswerLaterAsync(delay.Until)))
                {
                    exchange.AnswerError(ServerError.Overloaded());
                }

                break;
            case FaultReaction.ReportHostIdReaction report:
                exchange.Answer(new AnswerChanges { HostId = report.HostId });
                break;
            case FaultReaction.AttachReaction attach:
                exchange.Answer(new AnswerChanges { Prefix = new ResponsePrefix { Warnings = attach.Warnings, CustomPayload = attach.CustomPayload } });
                break;
            case FaultReaction.StopReadingReaction stop:
                exchange.Answer();
                connection.StopReading(stop.Until);
                break;
            case FaultReaction.WriteInPiecesReaction pieces:
                exchange.Answer();
                connection.Output.WriteInPieces(pieces.Bytes);
                break;
            default:
                StartWithoutAnswer();
                break;
        }
    }

    private void StartWithoutAnswer()
    {
        switch (rule.Reaction)
        {
            case FaultReaction.FailReaction fail:
                exchange.AnswerError(fail.Error);
                break;
            case FaultReaction.SendBytesReaction bytes:
                connection.Output.AppendRaw(bytes.Bytes.Span);
                break;
            case FaultReaction.CloseReaction:
                connection.EndAfterFlush();
                break;
            case FaultReaction.ResetReaction:
                connection.Close(abruptly: true);
                break;
            case FaultReaction.HalfCloseReaction:
                connection.HalfClose();
                break;
        }
    }

    private async Task AnswerLaterAsync(FaultGate gate)
    {
        try
        {
            await gate.WaitAsync(connection.Closing).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        exchange.Answer();
        await connection.FlushAsync().ConfigureAwait(false);
    }
}

using CqlDriver.Protocol;

namespace CqlDriver.LoadBench.Floor;

/// <summary>Counts answers in a stream of bytes by walking from header to header; bodies are skipped, their checksums too.</summary>
internal sealed class AnswerCounter(ProtocolVersion version)
{
    private readonly byte[] _head = new byte[FrameHeader.Size];
    private readonly bool _hasSegments = version == ProtocolVersion.V5;
    private int _headLength;
    private int _skip;
    private int _payloadLeft;
    private bool _isInAnswer;

    /// <summary>The number of answers whose last byte is among these.</summary>
    public int Count(ReadOnlySpan<byte> bytes)
    {
        var answers = 0;
        while (true)
        {
            var skipped = Math.Min(_skip, bytes.Length);
            _skip -= skipped;
            bytes = bytes[skipped..];
            if (_skip == 0 && _isInAnswer)
            {
                _isInAnswer = false;
                answers++;
            }

            if (bytes.IsEmpty)
            {
                return answers;
            }

            var isSegmentHeader = _hasSegments && _payloadLeft == 0;
            var wanted = isSegmentHeader ? SegmentFormat.PlainHeaderSize : FrameHeader.Size;
            var taken = Math.Min(wanted - _headLength, bytes.Length);
            bytes[..taken].CopyTo(_head.AsSpan(_headLength));
            _headLength += taken;
            bytes = bytes[taken..];
            if (_headLength < wanted)
            {
                return answers;
            }

            _headLength = 0;
            if (isSegmentHeader)
            {
                _payloadLeft = SegmentFormat.ReadHeader(_head, lz4: false).PayloadLength;
                continue;
            }

            _isInAnswer = true;
            _skip = FrameHeader.Read(_head).BodyLength;
            SkipTrailer(wanted + _skip);
        }
    }

    /// <summary>The last frame of a segment is followed by the payload's checksum.</summary>
    private void SkipTrailer(int frameLength)
    {
        if (!_hasSegments)
        {
            return;
        }

        _payloadLeft -= frameLength;
        if (_payloadLeft == 0)
        {
            _skip += SegmentFormat.TrailerSize;
        }
    }
}

namespace CqlDriver.Types;

/// <summary>The codecs that a user registered for one .NET type, in the order in which they were added.</summary>
internal abstract class UserCodecs
{
    /// <summary>A converter that asks the codecs first, and then what the driver has for the type, if it has anything.</summary>
    public abstract ValueConverter Before(ValueConverter? builtIn);
}

/// <inheritdoc cref="UserCodecs"/>
internal sealed class UserCodecs<T>(ICqlCodec<T>[] codecs) : UserCodecs
{
    public ICqlCodec<T>[] Codecs => codecs;

    public override ValueConverter Before(ValueConverter? builtIn) => new UserCodecConverter<T>(
        codecs, (ValueConverter<T>?)builtIn ?? EnumConverters.TryCreate<T>() ?? new UnregisteredConverter<T>(isLast: true));
}

/// <summary>A place in every registry's table, for each .NET type that is ever asked for.</summary>
internal static class ClrTypeSlot<T>
{
    /// <summary>The place.</summary>
    internal static readonly int Index = ClrTypeSlots.Next();

    /// <summary>Whether the type has null. Asked first, so that values which cannot be null are not boxed to find out, in unoptimised code either.</summary>
    internal static readonly bool CanBeNull = default(T) is null;
}

/// <summary>Counts the places.</summary>
internal static class ClrTypeSlots
{
    private static int _last = -1;

    public static int Next() => Interlocked.Increment(ref _last);
}

namespace CqlDriver.Types;

/// <summary>The codecs that a user registered for one .NET type, in the order in which they were added.</summary>
internal abstract class UserCodecs
{
    public abstract ValueConverter BeforeAny(ValueConverter? builtIn);
}

/// <inheritdoc cref="UserCodecs"/>
internal sealed class UserCodecs<T>(ICqlCodec<T>[] codecs) : UserCodecs
{
    public ICqlCodec<T>[] Codecs => codecs;

    public UserCodecConverter<T> Before(ValueConverter<T> builtIn) => new(codecs, builtIn);

    public override ValueConverter BeforeAny(ValueConverter? builtIn) =>
        Before((ValueConverter<T>?)builtIn ?? EnumConverters.TryCreate<T>() ?? new UnregisteredConverter<T>());
}

/// <summary>A place in every registry's table, for each .NET type that is ever asked for.</summary>
internal static class ClrTypeSlot<T>
{
    internal static readonly int Index = ClrTypeSlots.Next();
}

/// <summary>Counts the places.</summary>
internal static class ClrTypeSlots
{
    private static int _last = -1;

    public static int Next() => Interlocked.Increment(ref _last);
}

using System.Reflection;

namespace CqlDriver.Tests.PublicApi;

/// <summary>Types as C# spells them, with nullability.</summary>
internal static class ApiTypeName
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
        [typeof(char)] = "char",
    };

    public static string Full(Type type) => $"{type.Namespace}.{Own(type)}";

    public static string Heading(Type type)
    {
        var bases = type.GetInterfaces().Except(type.BaseType?.GetInterfaces() ?? []).Where(face => face.IsVisible).Select(face => Of(face)).Order(StringComparer.Ordinal);
        if (type is { IsClass: true, BaseType: { } parent } && parent != typeof(object) && !type.IsSubclassOf(typeof(Delegate)))
        {
            bases = bases.Prepend(Of(parent)).Order(StringComparer.Ordinal);
        }

        var list = type.IsEnum || type.IsSubclassOf(typeof(Delegate)) ? "" : string.Join(", ", bases);
        return $"{Kind(type)} {Full(type)}{(list.Length > 0 ? " : " + list : "")}";
    }

    public static string Of(Type type, NullabilityInfo? nullability = null)
    {
        if (type.IsByRef)
        {
            return Of(type.GetElementType()!, nullability);
        }

        if (type.IsPointer)
        {
            return Of(type.GetElementType()!) + "*";
        }

        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return Of(value) + "?";
        }

        var mark = !type.IsValueType && nullability?.ReadState == NullabilityState.Nullable ? "?" : "";
        if (type.IsArray)
        {
            return Of(type.GetElementType()!, nullability?.ElementType) + "[]" + mark;
        }

        return (Keywords.TryGetValue(type, out var keyword) ? keyword : Own(type, nullability)) + mark;
    }

    public static string Arguments(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>" : "";

    private static string Own(Type type, NullabilityInfo? nullability = null)
    {
        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        var outer = type.IsNested ? Own(type.DeclaringType!) + "." : "";
        var name = type.Name.Split('`')[0];
        var arguments = type.GetGenericArguments();
        if (arguments.Length == 0 || !type.Name.Contains('`', StringComparison.Ordinal))
        {
            return outer + name;
        }

        var details = nullability?.GenericTypeArguments;
        var texts = arguments.Select((argument, i) => Of(argument, details?.Length == arguments.Length ? details[i] : null));
        return $"{outer}{name}<{string.Join(", ", texts)}>";
    }

    private static string Kind(Type type)
    {
        if (type.IsSubclassOf(typeof(Delegate)))
        {
            var invoke = type.GetMethod("Invoke")!;
            return $"delegate {Of(invoke.ReturnType)} ({string.Join(", ", invoke.GetParameters().Select(parameter => Of(parameter.ParameterType)))})";
        }

        return type switch
        {
            { IsEnum: true } => "enum",
            { IsInterface: true } => "interface",
            { IsValueType: true } => type.IsByRefLike ? "ref struct" : "struct",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
    }
}

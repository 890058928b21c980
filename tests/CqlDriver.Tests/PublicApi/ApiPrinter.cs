using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace CqlDriver.Tests.PublicApi;

/// <summary>
/// Prints what a package shows to those who use it: one line a type, one an accessible member, sorted, so that a change
/// of the surface is a change of a few lines. Nullability, defaults, <c>required</c> and <c>init</c> are part of it.
/// </summary>
internal static class ApiPrinter
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string Print(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var type in assembly.GetExportedTypes().OrderBy(ApiTypeName.Full, StringComparer.Ordinal))
        {
            text.Append(ApiTypeName.Heading(type)).Append('\n');
            foreach (var line in Members(type).Distinct().Order(StringComparer.Ordinal))
            {
                text.Append("    ").Append(line).Append('\n');
            }
        }

        return text.ToString();
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt64(Enum.Parse(type, name), CultureInfo.InvariantCulture)}");
        }

        if (type.IsSubclassOf(typeof(Delegate)))
        {
            return [];
        }

        return type.GetConstructors(Declared).Where(IsAccessible).Select(constructor => $"{Access(constructor)}.ctor({Parameters(constructor)})")
            .Concat(type.GetMethods(Declared).Where(IsOwnMethod).Select(Print))
            .Concat(type.GetProperties(Declared).Where(property => property.GetAccessors(nonPublic: true).Any(IsAccessible) && !IsEqualityContract(property)).Select(Print))
            .Concat(type.GetEvents(Declared).Where(added => IsAccessible(added.AddMethod!)).Select(added => $"event {ApiTypeName.Of(added.EventHandlerType!)} {added.Name}"))
            .Concat(type.GetFields(Declared).Where(field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly).Select(Print));
    }

    private static string Print(MethodInfo method)
    {
        var nullability = new NullabilityInfoContext().Create(method.ReturnParameter);
        return $"{Access(method)}{Modifiers(method)}{ApiTypeName.Of(method.ReturnType, nullability)} {method.Name}{ApiTypeName.Arguments(method)}({Parameters(method)})";
    }

    private static string Print(PropertyInfo property)
    {
        var accessor = property.GetAccessors(nonPublic: true).First(IsAccessible);
        var setter = property.SetMethod is { } set && IsAccessible(set) ? set : null;
        var isInit = setter?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) == true;
        var accessors = (property.GetMethod is { } get && IsAccessible(get) ? "get; " : "") + (setter is null ? "" : isInit ? "init; " : "set; ");
        var required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        var index = property.GetIndexParameters();
        var name = index.Length == 0 ? property.Name : $"this[{string.Join(", ", index.Select(Print))}]";
        return $"{Access(accessor)}{required}{Modifiers(accessor)}{ApiTypeName.Of(property.PropertyType, new NullabilityInfoContext().Create(property))} {name} {{ {accessors}}}";
    }

    private static string Print(FieldInfo field)
    {
        var kind = field.IsLiteral ? "const " : field.IsStatic ? "static readonly " : field.IsInitOnly ? "readonly " : "";
        var value = field.IsLiteral ? $" = {Value(field.GetRawConstantValue())}" : "";
        return $"{kind}{ApiTypeName.Of(field.FieldType, new NullabilityInfoContext().Create(field))} {field.Name}{value}";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Print));

    private static string Print(ParameterInfo parameter)
    {
        var mode = parameter.IsOut ? "out " : parameter.IsIn ? "in " : parameter.ParameterType.IsByRef ? "ref " : "";
        var isParams = parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute)) ? "params " : "";
        var value = parameter.HasDefaultValue ? $" = {Value(parameter.DefaultValue)}" : "";
        return $"{mode}{isParams}{ApiTypeName.Of(parameter.ParameterType, new NullabilityInfoContext().Create(parameter))} {parameter.Name}{value}";
    }

    private static string Value(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool truth => truth ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Modifiers(MethodBase method)
    {
        if (method.IsStatic)
        {
            return method.IsAbstract ? "static abstract " : "static ";
        }

        if (method.DeclaringType!.IsInterface)
        {
            return method.IsAbstract ? "" : "default ";
        }

        var isOverride = method is MethodInfo info && info.GetBaseDefinition().DeclaringType != info.DeclaringType;
        return isOverride ? "override " : method.IsAbstract ? "abstract " : method is { IsVirtual: true, IsFinal: false } ? "virtual " : "";
    }

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static bool IsAccessible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsOwnMethod(MethodInfo method) =>
        IsAccessible(method) && !(method.IsSpecialName && !method.Name.StartsWith("op_", StringComparison.Ordinal)) && !method.Name.StartsWith('<');

    private static bool IsEqualityContract(PropertyInfo property) => property.Name == "EqualityContract";
}

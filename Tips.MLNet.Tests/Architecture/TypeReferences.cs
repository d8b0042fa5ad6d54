using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Tips.MLNet.Tests.Architecture;

/// <summary>Every type that each type of an assembly uses: in signatures, in attributes and in code.</summary>
internal sealed class TypeReferences
{
    private readonly Dictionary<string, HashSet<string>> _references = [];

    public TypeReferences(string assembly)
    {
        using var module = ModuleDefinition.ReadModule(assembly);
        foreach (var type in module.Types) Collect(type, _references[type.FullName] = []);
    }

    /// <summary>
    /// Full names of the types used, by the full name of a type that is not nested; nested types count as their outermost type.
    /// </summary>
    public IReadOnlyDictionary<string, HashSet<string>> ByType => _references;

    private static void Collect(TypeDefinition type, HashSet<string> found)
    {
        Add(type.BaseType, found);
        foreach (var parameter in type.GenericParameters) AddConstraints(parameter, found);
        foreach (var implementation in type.Interfaces) Add(implementation.InterfaceType, found);
        foreach (var field in type.Fields) Add(field.FieldType, found);
        foreach (var attribute in type.CustomAttributes) Add(attribute.AttributeType, found);
        foreach (var method in type.Methods) Collect(method, found);
        foreach (var nested in type.NestedTypes) Collect(nested, found);
    }

    private static void Collect(MethodDefinition method, HashSet<string> found)
    {
        AddSignature(method, found);
        foreach (var parameter in method.GenericParameters) AddConstraints(parameter, found);
        foreach (var overridden in method.Overrides) AddSignature(overridden, found);
        if (!method.HasBody) return;
        foreach (var variable in method.Body.Variables) Add(variable.VariableType, found);
        foreach (var handler in method.Body.ExceptionHandlers) Add(handler.CatchType, found);
        foreach (var instruction in method.Body.Instructions) AddOperand(instruction, found);
    }

    private static void AddOperand(Instruction instruction, HashSet<string> found)
    {
        switch (instruction.Operand)
        {
            case TypeReference type:
                Add(type, found);
                break;
            case FieldReference field:
                Add(field.DeclaringType, found);
                Add(field.FieldType, found);
                break;
            case MethodReference method:
                AddSignature(method, found);
                break;
        }
    }

    private static void AddSignature(MethodReference method, HashSet<string> found)
    {
        Add(method.DeclaringType, found);
        Add(method.ReturnType, found);
        foreach (var parameter in method.Parameters) Add(parameter.ParameterType, found);
        if (method is GenericInstanceMethod generic)
        {
            foreach (var argument in generic.GenericArguments) Add(argument, found);
        }
    }

    private static void AddConstraints(GenericParameter parameter, HashSet<string> found)
    {
        foreach (var constraint in parameter.Constraints) Add(constraint.ConstraintType, found);
    }

    private static void Add(TypeReference? type, HashSet<string> found)
    {
        if (type is null or GenericParameter) return;
        if (type is GenericInstanceType generic)
        {
            foreach (var argument in generic.GenericArguments) Add(argument, found);
        }

        var element = type.GetElementType();
        while (element.DeclaringType is not null) element = element.DeclaringType;
        found.Add(element.FullName);
    }
}

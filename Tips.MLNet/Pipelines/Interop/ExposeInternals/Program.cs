// Build tool: ExposeInternals IN.dll OUT.dll TYPE ...
// Copies an assembly and marks the named internal types, with their methods and fields, as public in the copy. Only the C# compiler
// sees the copy; the original is what runs. Only access flags in the metadata tables change, so offsets and code stay as they are.
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

if (args.Length < 3)
{
    Console.Error.WriteLine("usage: ExposeInternals IN.dll OUT.dll TYPE ...");
    return 2;
}

byte[] image = File.ReadAllBytes(args[0]);
HashSet<string> wanted = [.. args[2..]];
using var reader = new PEReader(new MemoryStream((byte[])image.Clone()));
var metadata = reader.GetMetadataReader();

foreach (var handle in metadata.TypeDefinitions)
{
    var type = metadata.GetTypeDefinition(handle);
    if (!wanted.Remove(FullName(type))) continue;
    var visibility = type.GetDeclaringType().IsNil ? TypeAttributes.Public : TypeAttributes.NestedPublic;
    int flags = RowOffset(TableIndex.TypeDef, handle); // row: Flags (4 bytes), …
    image[flags] = (byte)((image[flags] & ~(int)TypeAttributes.VisibilityMask) | (int)visibility);
    foreach (var method in type.GetMethods())
        MakePublic(RowOffset(TableIndex.MethodDef, method) + 6); // row: RVA (4), ImplFlags (2), Flags (2), …
    foreach (var field in type.GetFields()) MakePublic(RowOffset(TableIndex.Field, field)); // row: Flags (2), …
}

if (wanted.Count > 0)
{
    Console.Error.WriteLine(
        $"error TIPS001: {Path.GetFileName(args[0])} has no type {string.Join(", ", wanted)}; this version of ML.NET cannot be used.");
    return 1;
}

Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(args[1]))!);
File.WriteAllBytes(args[1], image);
return 0;

string FullName(TypeDefinition type) => type.GetDeclaringType() is { IsNil: false } outer
    ? $"{FullName(metadata.GetTypeDefinition(outer))}+{metadata.GetString(type.Name)}"
    : $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";

int RowOffset(TableIndex table, EntityHandle handle)
    => reader.PEHeaders.MetadataStartOffset + metadata.GetTableMetadataOffset(table) + (
        MetadataTokens.GetRowNumber(handle) - 1) * metadata.GetTableRowSize(table);

// Private members stay private: they are not a contract of any kind.
void MakePublic(int offset)
{
    var access = (MethodAttributes)image[offset] & MethodAttributes.MemberAccessMask;
    if (access is MethodAttributes.Assembly or MethodAttributes.FamANDAssem or MethodAttributes.FamORAssem)
        image[offset] = (byte)((image[offset] & ~(int)MethodAttributes.MemberAccessMask) | (int)MethodAttributes.Public);
}

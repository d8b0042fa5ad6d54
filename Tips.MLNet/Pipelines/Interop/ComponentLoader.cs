using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Tips.MLNet.Pipelines.Interop;

/// <summary>The method that ML.NET calls, by reflection, to load a component.</summary>
internal static class ComponentLoader<TComponent>
    where TComponent : class, ILoadableComponent<TComponent>
{
    public static TComponent Create(IHostEnvironment env, ModelLoadContext ctx)
        => TComponent.Load(new ComponentReader(ctx, PipelineHost.Of(env), TComponent.Signature));
}

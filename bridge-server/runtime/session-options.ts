/** Where the arithmetic happens. */
export type Provider = 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml'

/**
 * How much onnxruntime prepares before the first run, on the CPU (SD 1.5's UNet on two cores, for scale):
 * - `instant`: weights stay mapped as they are stored; float32 is used in place, others are cast in every run. Ready in 0.15 s, 0.5 GB.
 * - `medium`: weights are cast to float32 once. 1.4–2.1 s with huge pages, 4 GB.
 * - `turbo`: they are also packed and laid out for the cache. 7–20 s, 5 GB, up to 6 GB while it works.
 */
export type Mode = 'instant' | 'medium' | 'turbo'

/** Fuses Cast into float16 weights, which makes a float32 copy of them. */
const FLOAT16_FOLDING = 'FuseFp16InitializerToFp32NodeTransformer'

interface Wanted {
  readonly provider: Provider
  readonly mode: Mode
  /** Folder that holds all files of weights. */
  readonly root: string | null
  /** Whether some weights are bfloat16 or 8-bit, which only constant folding turns into float32. */
  readonly rareTypes: boolean
}

/** As InferenceSession.SessionOptions. */
export function sessionOptions({ provider, mode, root, rareTypes }: Wanted) {
  const onCpu = provider === 'cpu'
  const session = {
    ...(root === null ? {} : { model_external_initializers_file_folder_path: root }),
    // Threads that spin between runs burn the cores that the editor wants.
    intra_op: { allow_spinning: '0' },
    ...(onCpu && mode !== 'turbo' ? { graph_optimizations_loop_level: '0' } : {}),
    ...(onCpu && mode !== 'turbo' ? { disable_prepacking: '1' } : {})
  }
  const disabled = disabledOptimizers(provider, mode, rareTypes)
  return {
    executionProviders: [provider],
    // Without folding there is nothing that they find, and looking for it takes longer than all else together.
    graphOptimizationLevel: onCpu && mode === 'instant' ? ('disabled' as const) : ('all' as const),
    enableMemPattern: mode !== 'instant',
    // Failures come back as exceptions; onnxruntime need not print them too.
    logSeverityLevel: 4 as const,
    extra: {
      session,
      ...(disabled === '' ? {} : { optimization: { disable_specified_optimizers: disabled } })
    }
  }
}

/** On the CPU folding finds nothing worth the seconds and the memory that it takes, but casts of rare types. */
function disabledOptimizers(provider: Provider, mode: Mode, rareTypes: boolean): string {
  if (provider !== 'cpu') return ''
  if (mode === 'instant') return `ConstantFolding;${FLOAT16_FOLDING}`
  return rareTypes ? '' : 'ConstantFolding'
}

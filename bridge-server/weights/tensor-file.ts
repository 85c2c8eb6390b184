import { readSafetensors } from './safetensors.ts'
import type { TensorTable } from './tensor-table.ts'

export interface TensorFileOptions {
  /** Where pickles that cannot be used in place are converted to, once. */
  readonly cacheFolder?: string | undefined
}

/** The tensors of a file. */
export const readTensorFile = (file: string, _options: TensorFileOptions): Promise<TensorTable> =>
  readSafetensors(file)

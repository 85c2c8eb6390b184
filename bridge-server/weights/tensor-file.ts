import type { TensorFileOptions } from './open-options.ts'
import { readSafetensors } from './safetensors.ts'
import type { TensorTable } from './tensor-table.ts'
import { readTorchFile } from './torch-file.ts'

/** The tensors of a safetensors or PyTorch file, told apart by the file's name. */
export const readTensorFile = (file: string, options: TensorFileOptions): Promise<TensorTable> =>
  /\.(ckpt|pth?|bin)$/i.test(file) ? readTorchFile(file, options) : readSafetensors(file)

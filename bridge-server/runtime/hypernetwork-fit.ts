import { AppError } from '../errors.ts'
import type { Checkpoint } from '../weights/checkpoint.ts'
import type { Hypernetwork } from '../weights/extensions/extension.ts'

/** Throws AppError 'model-unsupported' where a hypernetwork has nothing for any width that the model's attention has. */
export function checkHypernetwork(name: string, { widths }: Hypernetwork, { unet, info }: Checkpoint): void {
  const own = new Set(
    unet.weights.names.flatMap((weight) =>
      weight.endsWith('.to_k.weight') ? (unet.weights.get(weight)?.shape[1] ?? []) : []
    )
  )
  if ([...widths.keys()].some((width) => own.has(width))) return
  throw new AppError('model-unsupported', {
    message: `The hypernetwork “${name}” does not fit “${info.name}”: it is for widths ${[...widths.keys()].join(', ')}, and the model’s attention has ${[...own].join(', ')}.`,
    hint: 'It was made for another family of models; choose one that suits, or take it out of the prompt.'
  })
}

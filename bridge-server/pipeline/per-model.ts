import type { DiffusionModel } from '../runtime/model.ts'

/**
 * `make` once for each open model and all its variants, for as long as the model lives; a failure is tried again. Variants share
 * one table of alphas, which is what they are known by.
 */
export function perModel<T>(
  make: (model: DiffusionModel) => Promise<T>
): (model: DiffusionModel) => Promise<T> {
  const made = new WeakMap<Float64Array, Promise<T>>()
  return (model) => {
    const known = made.get(model.alphasCumprod)
    if (known !== undefined) return known
    const value = make(model)
    made.set(model.alphasCumprod, value)
    value.catch(() => made.delete(model.alphasCumprod))
    return value
  }
}

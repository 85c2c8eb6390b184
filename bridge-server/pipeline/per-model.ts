import type { DiffusionModel } from '../runtime/model.ts'

/** `make` once for each open model, for as long as the model lives; a failure is tried again. */
export function perModel<T>(
  make: (model: DiffusionModel) => Promise<T>
): (model: DiffusionModel) => Promise<T> {
  const made = new WeakMap<DiffusionModel, Promise<T>>()
  return (model) => {
    const known = made.get(model)
    if (known !== undefined) return known
    const value = make(model)
    made.set(model, value)
    value.catch(() => made.delete(model))
    return value
  }
}

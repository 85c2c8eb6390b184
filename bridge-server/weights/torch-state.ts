import { isTensor, type TorchTensor } from './torch-objects.ts'

const deepest = 8

/**
 * The tensors of what a PyTorch file holds, by name: those of its `state_dict` where there is one, else of everything,
 * with the keys of nested dicts and the places in lists joined by dots.
 */
export function namedTensors(root: unknown): Map<string, TorchTensor> {
  const state: unknown = root instanceof Map ? root.get('state_dict') : undefined
  const tensors = new Map<string, TorchTensor>()
  collect(state instanceof Map ? state : root, [], { tensors, seen: new Set() })
  return tensors
}

/** Texts, numbers and truth values at the top of what a PyTorch file holds, as text. */
export function namedScalars(root: unknown): Record<string, string> {
  if (!(root instanceof Map)) return {}
  return Object.fromEntries(
    [...root].flatMap(([key, value]): [string, string][] =>
      typeof key === 'string' && ['string', 'number', 'boolean'].includes(typeof value)
        ? [[key, String(value)]]
        : []
    )
  )
}

/** A container that occurs twice is walked once: the second way to it could be one of exponentially many. */
function collect(
  value: unknown,
  path: readonly string[],
  { tensors, seen }: { tensors: Map<string, TorchTensor>; seen: Set<unknown> }
): void {
  if (isTensor(value)) tensors.set(path.join('.'), value)
  if (path.length === deepest || seen.has(value)) return
  if (value instanceof Map) {
    seen.add(value)
    for (const [key, inner] of value)
      if (typeof key === 'string' || typeof key === 'number')
        collect(inner, [...path, String(key)], { tensors, seen })
  } else if (Array.isArray(value)) {
    seen.add(value)
    value.forEach((inner, i) => collect(inner, [...path, String(i)], { tensors, seen }))
  }
}

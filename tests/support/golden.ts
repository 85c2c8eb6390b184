import { existsSync } from 'node:fs'
import path from 'node:path'

const places = [
  path.resolve(import.meta.dirname, '../fixtures/golden'),
  path.resolve(import.meta.dirname, '../../../shared/golden')
]

/** Absolute path of a golden file or folder: the copy in this repository, else the big set beside it; null where neither is there. */
export function findGolden(name: string): string | null {
  return places.map((place) => path.join(place, name)).find((file) => existsSync(file)) ?? null
}

/** The same for files that this repository holds. */
export function golden(name: string): string {
  const file = findGolden(name)
  if (file === null) throw new Error(`tests/fixtures/golden/${name} is missing`)
  return file
}

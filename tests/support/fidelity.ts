import { appendFileSync } from 'node:fs'

/** One measurement against a reference. */
export interface Measurement {
  /** A table of docs/fidelity.md. */
  readonly table: string
  readonly row: string
  readonly value: number
}

/** The value, which is also noted where `MARQUEE_FIDELITY` names a file: from there `npm run fidelity` makes docs/fidelity.md. */
export function measured(table: string, row: string, value: number): number {
  const file = process.env.MARQUEE_FIDELITY
  const measurement: Measurement = { table, row, value }
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(measurement)}\n`)
  return value
}

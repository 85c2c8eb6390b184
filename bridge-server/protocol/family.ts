import { Literal, Union, type Static } from './schema.ts'

/** Model families Marquee runs, told apart by tensor names and shapes. */
export const Family = Union([Literal('sd1'), Literal('sd2'), Literal('sdxl'), Literal('sdxl-refiner')])
export type Family = Static<typeof Family>

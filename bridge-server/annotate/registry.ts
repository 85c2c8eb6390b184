import { AppError } from '../errors.ts'
import type { AnnotatorInfo, AnnotatorNetwork } from '../protocol/annotators.ts'
import type { Annotator, Values } from './annotator.ts'
import { blur } from './blur.ts'
import { canny } from './canny.ts'
import { color } from './color.ts'
import { depth } from './depth.ts'
import { invert } from './invert.ts'
import { lineart } from './lineart.ts'
import { normal } from './normal.ts'
import { pose } from './pose.ts'
import { scribble } from './scribble.ts'
import { shuffle } from './shuffle.ts'
import { softEdge } from './soft-edge.ts'
import { straightLines } from './straight-lines.ts'
import { threshold } from './threshold.ts'
import { tile } from './tile.ts'
import { xdog } from './xdog.ts'

/** All of them, in the order of menus. */
export const annotators: readonly Annotator[] = [
  canny,
  softEdge,
  scribble,
  xdog,
  lineart,
  straightLines,
  depth,
  normal,
  pose,
  threshold,
  invert,
  tile,
  blur,
  color,
  shuffle
]

/** What the catalogue says of them where these networks were found. */
export const annotatorList = (found: ReadonlySet<AnnotatorNetwork>): AnnotatorInfo[] =>
  annotators.map(({ card, needs }) => ({ ...card, needs, available: needs === null || found.has(needs) }))

/** Throws AppError 'not-found'. */
export function annotatorOf(id: string): Annotator {
  const found = annotators.find(({ card }) => card.id === id)
  if (found !== undefined) return found
  throw new AppError('not-found', {
    message: `There is no annotator “${id}”.`,
    hint: `There are ${annotators.map(({ card }) => card.id).join(', ')}.`
  })
}

/** A value for each parameter: what was chosen, or its default. Throws AppError 'bad-message'. */
export function valuesFor({ card: { id, parameters } }: Annotator, chosen: Values): Values {
  const strange = Object.keys(chosen).find((name) => !parameters.some((parameter) => parameter.id === name))
  if (strange !== undefined)
    throw new AppError('bad-message', {
      message: `The annotator “${id}” has no parameter “${strange}”.`,
      hint: `It has ${parameters.map((parameter) => parameter.id).join(', ') || 'none'}.`
    })
  return Object.fromEntries(
    parameters.map((parameter) => {
      const value = chosen[parameter.id] ?? parameter.default
      if (value < parameter.min || value > parameter.max)
        throw new AppError('bad-message', {
          message: `${parameter.id} of “${id}” must be ${parameter.min} to ${parameter.max}, but is ${value}.`,
          hint: `Choose a value in that range, or leave ${parameter.id} out: it is then ${parameter.default}.`
        })
      return [parameter.id, value]
    })
  )
}

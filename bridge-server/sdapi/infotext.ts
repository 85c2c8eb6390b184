import { writeParameters, type Field } from '../image/metadata.ts'
import { hashOf } from './models.ts'
import type { Recipe } from './recipe.ts'
import { samplerName } from './samplers.ts'

/** What a picture says of itself, in the web UI's words and order. */
export function infotext(recipe: Recipe, index: number, facts: readonly Field[], version: string): string {
  const { model, settings, subseedStrength, seedResize } = recipe
  const varies = subseedStrength > 0
  const isStrength = ([name]: Field): boolean => name === 'Denoising strength'
  return writeParameters(recipe.prompt, recipe.negativePrompt, [
    ['Steps', recipe.steps],
    ['Sampler', samplerName(recipe.sampler)],
    ['Schedule type', recipe.schedule.label],
    ['CFG scale', recipe.guidance],
    ['Seed', varies ? recipe.seed : recipe.seed + index],
    ['Size', `${recipe.size.width}x${recipe.size.height}`],
    ['Model hash', hashOf(model)],
    ['Model', model.id],
    ['VAE', recipe.vae ?? null],
    ['Variation seed', varies ? recipe.subseed + index : null],
    ['Variation seed strength', varies ? subseedStrength : null],
    ['Seed resize from', seedResize === null ? null : `${seedResize.width}x${seedResize.height}`],
    ...facts.filter(isStrength),
    ['Clip skip', settings.clipSkip === 1 ? null : settings.clipSkip],
    ['ENSD', settings.seedDelta === 0 ? null : settings.seedDelta],
    ['RNG', settings.noiseName === 'GPU' ? null : settings.noiseName],
    ['Emphasis', settings.emphasis === 'original' ? null : settings.emphasis],
    ...facts.filter((fact) => !isStrength(fact)),
    ['Version', `Marquee ${version}`]
  ])
}

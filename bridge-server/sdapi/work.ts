import type { Field } from '../image/metadata.ts'
import type { Catalogue } from '../protocol/catalogue.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { Controls } from './controlnet.ts'
import type { StoredFinish } from './picture-tasks.ts'
import type { Recipe } from './recipe.ts'

/** Where pictures come from, and what becomes of them. */
export interface Origin {
  readonly start: Pick<GenerateRequest, 'mode' | 'strength'> & Partial<GenerateRequest>
  readonly finish: StoredFinish
  /** For the infotext. */
  readonly facts: readonly Field[]
}

/** What is made in the same way. */
export interface Work {
  readonly recipe: Recipe
  readonly catalogue: Catalogue
  /** One for all pictures, or one for each of a batch. */
  readonly origins: readonly Origin[]
  readonly controls: Controls
}

import type { BlobStore } from '../jobs/blobs.ts'
import type { Previews } from '../jobs/previews.ts'
import type { Queue } from '../jobs/queue.ts'
import type { Catalogue } from '../protocol/catalogue.ts'
import type { GenerateRequest } from '../protocol/request.ts'
import type { Route } from './call.ts'
import { controlnetRoutes } from './controlnet-routes.ts'
import type { ControlParts } from './controlnet.ts'
import { extrasRoutes } from './extras-routes.ts'
import { generateRoutes } from './generate-routes.ts'
import { listRoutes } from './list-routes.ts'
import { optionRoutes, type Checkpoints } from './option-routes.ts'
import { openOptions } from './options.ts'
import { runRoutes } from './run-routes.ts'
import { createRuns } from './runs.ts'
import type { Samplers } from './samplers.ts'
import { readStyles } from './styles.ts'

export interface SdapiParts extends Samplers, ControlParts {
  readonly queue: Queue
  readonly blobs: BlobStore
  readonly previews: Previews
  readonly catalogue: () => Promise<Catalogue>
  readonly checkpoints: Checkpoints
  /** Throws AppError where a job could not be made. */
  readonly check: (request: GenerateRequest) => Promise<void>
  /** Where clients' options are kept, and where `styles.csv` of the web UI may lie. */
  readonly optionsFile: string
  readonly stylesFile: string
  readonly version: string
}

/** The A1111 HTTP API over the same queue as everybody's jobs. Throws AppError 'settings-invalid' for a damaged options file. */
export function sdapiRoutes(given: SdapiParts): readonly Route[] {
  const parts = {
    ...given,
    options: openOptions(given.optionsFile),
    runs: createRuns(given.queue),
    styles: () => readStyles(given.stylesFile)
  }
  return [
    ...generateRoutes(parts),
    ...extrasRoutes(parts),
    ...runRoutes(parts),
    ...optionRoutes(parts),
    ...listRoutes(parts),
    ...controlnetRoutes(parts)
  ]
}

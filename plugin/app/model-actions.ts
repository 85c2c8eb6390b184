import type { ModelChoice } from '#protocol/catalogue.ts'
import type { ActionContext } from './action-context.ts'
import { toNotice } from './notice.ts'

/** A file that may be a model. */
export interface ModelToAdd {
  readonly name: string
  readonly file: Blob
}

/** What a person can do with models. None rejects: what goes wrong becomes a notice in the state. */
export interface ModelActions {
  /** Asks the server what there is now. */
  readonly refreshModels: () => Promise<void>
  /** Sends files to the server, one after the other. */
  readonly addModels: (files: readonly ModelToAdd[]) => Promise<void>
  readonly chooseForModel: (id: string, choice: ModelChoice) => Promise<void>
  /** By its absolute path on the server's computer. */
  readonly addFolder: (folder: string) => Promise<void>
  readonly removeFolder: (folder: string) => Promise<void>
}

export function createModelActions({ store, client }: Pick<ActionContext, 'store' | 'client'>): ModelActions {
  const { dispatch } = store

  async function changing(change: () => Promise<void>) {
    try {
      await change()
      dispatch({ type: 'catalogue-loaded', catalogue: await client.catalogue() })
    } catch (error) {
      dispatch({ type: 'noticed', notice: toNotice(error) })
    }
  }

  return {
    refreshModels: () => changing(() => Promise.resolve()),
    async addModels(files) {
      for (const { name, file } of files) {
        dispatch({ type: 'model-adding', name })
        await changing(() => client.addModel(name, file))
        dispatch({ type: 'model-added', name })
      }
    },
    chooseForModel: (id, choice) => changing(() => client.chooseForModel(id, choice)),
    addFolder: (folder) => changing(() => client.addFolder(folder)),
    removeFolder: (folder) => changing(() => client.removeFolder(folder))
  }
}

/** What a models folder may hold; anything else that is dropped is for the editor. */
export const isModelFile = (name: string): boolean => /\.(safetensors|ckpt|pth?)$/i.test(name)

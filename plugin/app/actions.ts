import type { ImageRef } from '#protocol/images.ts'
import { toNotice } from './notice.ts'
import type { ActionContext } from './action-context.ts'
import { applyDepth, applyVariation } from './apply-result.ts'
import { createDiscards } from './discards.ts'
import { sendJob } from './generate.ts'
import { recalled } from './history.ts'
import { recallArea } from './recall-area.ts'
import { createDownloadActions, type DownloadActions } from './download-actions.ts'
import { createStatusActions, type StatusActions } from './status-actions.ts'
import { createModelActions, type ModelActions } from './model-actions.ts'
import type { Settings } from './settings.ts'
import { pictureSettings } from './picture-settings.ts'
import { intentInForce, type PictureTold, type VariationId } from './state.ts'

/** What a person can do. None rejects: what goes wrong becomes a notice in the state. */
export interface Actions extends ModelActions, DownloadActions, StatusActions {
  /** Tries the server again at once. */
  readonly connect: () => void
  readonly change: (change: Partial<Settings>) => void
  /** The primary button, for whichever intent is in force; pressed again, it queues another job. */
  readonly generate: () => Promise<void>
  readonly cancel: (jobId: string) => void
  /** One place up in the queue. */
  readonly moveUp: (jobId: string) => void
  /** Shows a variation over the document and lays out the result it belongs to. */
  readonly showVariation: (variation: VariationId) => void
  readonly hidePreview: () => void
  readonly apply: (variation: VariationId) => Promise<void>
  readonly insertDepth: (jobId: string) => Promise<void>
  /** Takes a result out of sight, and deletes it when there is no more undo. */
  readonly discard: (jobId: string) => void
  readonly undoDiscard: () => void
  /** Makes the settings of a job those of the panel, its seed locked, and what the model saw what it is to see. */
  readonly recall: (jobId: string) => Promise<void>
  /** Offers the settings that a picture tells of. */
  readonly offerSettings: (told: PictureTold) => void
  /** Makes the settings on offer those of the panel, as far as they are known here. */
  readonly takeOffered: () => void
  readonly dismissOffered: () => void
  readonly dismissNotice: () => void
  /** An image of a job as PNG. Rejects. */
  readonly picture: (jobId: string, image: ImageRef) => Promise<Blob>
}

export function createActions(context: ActionContext): Actions {
  const { store, client } = context
  const { dispatch, getState } = store
  const jobOf = (jobId: string) => getState().jobs.find(({ id }) => id === jobId)
  const discards = createDiscards(context, failed)

  function failed(error: unknown) {
    dispatch({ type: 'noticed', notice: toNotice(error) })
  }

  /** The preview goes with it: it would hide the new layer. */
  async function applying(insert: () => Promise<void>) {
    if (getState().isApplying) return
    dispatch({ type: 'applying-began' })
    try {
      await insert()
      dispatch({ type: 'applying-ended', isApplied: true })
    } catch (error) {
      dispatch({ type: 'applying-ended', isApplied: false })
      failed(error)
    }
  }

  return {
    ...createModelActions(context),
    ...createDownloadActions(context),
    ...createStatusActions(context),
    connect: () => client.connect(),
    change: (change) => dispatch({ type: 'settings-changed', change }),
    async generate() {
      dispatch({ type: 'reading-began' })
      try {
        await sendJob(context, intentInForce(getState()), () => dispatch({ type: 'reading-ended' }))
      } catch (error) {
        failed(error)
      }
    },
    cancel(jobId) {
      const job = jobOf(jobId)
      if (job === undefined) return
      dispatch(
        job.state === 'sending' ? { type: 'job-cancelled-here', jobId } : { type: 'cancel-pressed', jobId }
      )
      client.cancel(jobId)
    },
    moveUp(jobId) {
      const position = jobOf(jobId)?.position ?? null
      if (position !== null && position > 1) client.reorder(jobId, position - 1)
    },
    showVariation: (shown) => dispatch({ type: 'variation-shown', shown }),
    hidePreview: () => dispatch({ type: 'preview-hidden' }),
    apply: ({ jobId, variation }) => applying(() => applyVariation(context, jobOf(jobId), variation)),
    insertDepth: (jobId) => applying(() => applyDepth(context, jobOf(jobId))),
    discard: (jobId) => discards.discard(jobId),
    undoDiscard: () => discards.undo(),
    async recall(jobId) {
      const job = jobOf(jobId)
      if (job === undefined) return
      dispatch({ type: 'settings-changed', change: recalled(getState().settings, job.request) })
      try {
        await recallArea(context.host, job.request)
      } catch (error) {
        failed(error)
      }
    },
    offerSettings: (told) => dispatch({ type: 'picture-told', told }),
    takeOffered() {
      const { told, catalogue, settings } = getState()
      if (told === null || catalogue === null) return
      dispatch({
        type: 'settings-changed',
        change: pictureSettings(told.parameters, { catalogue, settings }).settings
      })
      dispatch({ type: 'picture-told', told: null })
    },
    dismissOffered: () => dispatch({ type: 'picture-told', told: null }),
    dismissNotice: () => dispatch({ type: 'noticed', notice: null }),
    picture: (jobId, image) => client.png(jobId, image)
  }
}

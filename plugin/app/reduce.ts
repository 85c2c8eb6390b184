import type { ConnectionStatus } from '../client/connection.ts'
import { offeredIntent, type DocumentView } from './document-view.ts'
import { reduceJobs } from './reduce-jobs.ts'
import type { AppEvent, AppState, JobEvent, ModelEvent, PanelEvent } from './state.ts'
import { unsettled } from './tracked-job.ts'

/** The only place where the panel's state changes. Pure. */
export function reduce(state: AppState, event: AppEvent): AppState {
  if (isJobEvent(event)) return reduceJobs(state, event)
  return isModelEvent(event) ? reduceModels(state, event) : reducePanel(state, event)
}

const jobEvents: Readonly<Record<JobEvent['type'], true>> = {
  'job-sent': true,
  'job-failed-here': true,
  'job-cancelled-here': true,
  'cancel-pressed': true,
  'jobs-loaded': true,
  'job-spoken-of': true,
  discarded: true,
  'discard-undone': true,
  removed: true
}

const isJobEvent = (event: AppEvent): event is JobEvent => Object.hasOwn(jobEvents, event.type)

const modelEvents: Readonly<Record<ModelEvent['type'], true>> = {
  'catalogue-loaded': true,
  'downloads-loaded': true,
  'downloads-opened': true,
  'downloads-closed': true,
  'prompts-read': true,
  'model-adding': true,
  'model-added': true
}

const isModelEvent = (event: ModelEvent | PanelEvent): event is ModelEvent =>
  Object.hasOwn(modelEvents, event.type)

function reduceModels(state: AppState, event: ModelEvent): AppState {
  switch (event.type) {
    case 'catalogue-loaded':
      return { ...state, catalogue: event.catalogue }
    case 'downloads-loaded':
      return { ...state, downloads: event.downloads }
    case 'downloads-opened':
      return { ...state, downloadsShown: { kind: event.kind }, notice: null }
    case 'downloads-closed':
      return { ...state, downloadsShown: null }
    case 'prompts-read':
      return { ...state, promptsRead: event.promptsRead }
    case 'model-adding':
      return { ...state, adding: [...state.adding, event.name] }
    case 'model-added':
      return { ...state, adding: state.adding.filter((name) => name !== event.name) }
  }
}

function reducePanel(state: AppState, event: PanelEvent): AppState {
  switch (event.type) {
    case 'connection-changed':
      return connected(state, event.connection)
    case 'document-viewed':
      return viewed(state, event.document)
    case 'settings-changed':
      return { ...state, settings: { ...state.settings, ...event.change } }
    case 'reading-began':
      return { ...state, reading: state.reading + 1, notice: null }
    case 'reading-ended':
      return { ...state, reading: state.reading - 1 }
    case 'applying-began':
      return { ...state, isApplying: true, notice: null }
    case 'applying-ended':
      return event.isApplied ? { ...hidden(state), isApplying: false } : { ...state, isApplying: false }
    case 'noticed':
      return { ...state, notice: event.notice }
    case 'status-loaded':
      return { ...state, status: event.status }
    case 'picture-told':
      return { ...state, told: event.told }
    case 'variation-shown':
      return { ...state, open: { ...event.shown, isShown: true, byHand: true } }
    case 'preview-hidden':
      return hidden(state)
  }
}

function connected(state: AppState, connection: ConnectionStatus): AppState {
  const jobs = connection.state === 'online' ? state.jobs.map(unsettled) : state.jobs
  return { ...state, connection, jobs }
}

/**
 * A chosen intent stands until the document offers another. Expand is offered over any, for whoever has just extended the
 * canvas wants to fill it; Generate only over Expand, when there is no empty canvas left.
 */
function viewed(state: AppState, document: DocumentView | null): AppState {
  const offered = offeredIntent(document)
  const { intent } = state.settings
  const isOutdated =
    state.document !== null &&
    offered !== offeredIntent(state.document) &&
    (offered === 'expand' || intent === 'expand')
  const isSame = document?.id === state.document?.id
  return {
    ...state,
    document,
    settings: isOutdated ? { ...state.settings, intent: null } : state.settings,
    open: isSame ? state.open : null
  }
}

/** The preview goes; what a person chose no longer holds its place. */
const hidden = (state: AppState): AppState =>
  state.open === null ? state : { ...state, open: { ...state.open, isShown: false, byHand: false } }

import type { PromptQuestion } from '#protocol/prompt.ts'
import type { ActionContext } from './action-context.ts'
import { modelInForce, samplingOf } from './model-choice.ts'
import type { AppState } from './state.ts'

/** Pause after the last key before the prompts are read, in milliseconds. */
const SETTLE = 250

/**
 * Keeps what the state knows of the prompts in step with what is written. One question is under way at a time, and the
 * next is the latest; a press of the button waits for none. Returns the way to stop.
 */
export function watchPrompts({ store, client, later }: Pick<ActionContext, 'store' | 'client' | 'later'>) {
  let wanted: PromptQuestion | null = null
  let isAsking = false
  let cancelAsk = () => {}

  async function ask() {
    if (isAsking) return
    isAsking = true
    for (let question = wanted; question !== null;) {
      // Help that fails is no help, and nothing else: what is wrong will be said when it matters.
      const report = await client.readPrompt(question).catch(() => null)
      const isLatest = isSame(question, wanted)
      if (isLatest) store.dispatch({ type: 'prompts-read', promptsRead: report && { question, report } })
      question = isLatest ? null : wanted
    }
    isAsking = false
  }

  function look(state: AppState) {
    const question = questionOf(state)
    if (isSame(question, wanted)) return
    wanted = question
    cancelAsk()
    if (question === null) store.dispatch({ type: 'prompts-read', promptsRead: null })
    else cancelAsk = later(SETTLE, () => void ask())
  }

  look(store.getState())
  const stop = store.subscribe(look)
  return () => {
    cancelAsk()
    stop()
  }
}

/** Null where nobody could answer. */
function questionOf(state: AppState): PromptQuestion | null {
  const model = state.connection.state === 'online' ? modelInForce(state) : null
  if (model === null) return null
  const { prompt, negativePrompt } = state.settings
  return { model: model.id, prompt, negativePrompt, steps: samplingOf(state.settings, model).steps }
}

const isSame = (a: PromptQuestion | null, b: PromptQuestion | null): boolean =>
  a === b ||
  (a !== null &&
    b !== null &&
    a.model === b.model &&
    a.prompt === b.prompt &&
    a.negativePrompt === b.negativePrompt &&
    a.steps === b.steps)

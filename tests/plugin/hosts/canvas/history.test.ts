import { describe, expect, it } from 'vitest'
import type { CanvasDocument } from '../../../../plugin/hosts/canvas/document.ts'
import {
  emptyHistory,
  historyBytes,
  recorded,
  redone,
  undone
} from '../../../../plugin/hosts/canvas/history.ts'
import { emptyLayer } from '../../../../plugin/hosts/canvas/layer.ts'
import { emptyDocument } from './pictures.ts'

const states = Array.from({ length: 5 }, (_, at) => ({ ...emptyDocument(9, 9), name: `${at}` }))
const full = states
  .slice(1)
  .reduce(
    (history, after, at) => recorded(history, `step ${at + 1}`, { before: states[at]!, after }),
    emptyHistory
  )

describe('history', () => {
  it('goes back through every state and forward again', () => {
    let at = { history: full, document: states[4]! }
    for (const state of states.slice(0, 4).toReversed()) {
      at = undone(at.history, at.document)!
      expect(at.document).toBe(state)
    }
    expect(undone(at.history, at.document)).toBeNull()
    for (const state of states.slice(1)) {
      at = redone(at.history, at.document)!
      expect(at.document).toBe(state)
    }
    expect(redone(at.history, at.document)).toBeNull()
    expect(at.history.past.map(({ name }) => name)).toEqual(['step 1', 'step 2', 'step 3', 'step 4'])
  })

  it('forgets what was undone when something else is done', () => {
    const back = undone(full, states[4]!)!
    const other = recorded(back.history, 'other', { before: back.document, after: states[0]! })
    expect(redone(other, states[0]!)).toBeNull()
  })

  it('makes one step of changes of a group that follow each other within a second', () => {
    const kept = (times: readonly number[], name = 'opacity') =>
      times.reduce(
        (history, at, i) =>
          recorded(history, 'Opacity', {
            before: states[i]!,
            after: states[i + 1]!,
            group: { name, at }
          }),
        emptyHistory
      )
    const quick = kept([0, 900, 1800])
    expect(quick.past).toHaveLength(1)
    expect(undone(quick, states[3]!)?.document).toBe(states[0])
    expect(kept([0, 1100, 1200]).past).toHaveLength(2)
    const between = recorded(kept([0]), 'else', { before: states[1]!, after: states[2]! })
    const group = { name: 'opacity', at: 1 }
    expect(recorded(between, 'Opacity', { before: states[2]!, after: states[3]!, group }).past).toHaveLength(
      3
    )
  })

  it('forgets the oldest steps where they hold too much memory, and never the newest', () => {
    // A tile that tells a false size: what counts is the sum, and nobody has gigabytes for a test.
    const heavy = (bytes: number): CanvasDocument => {
      const tile = Object.defineProperty(new Uint8Array(1), 'byteLength', { value: bytes })
      const pixels = { channels: 4 as const, fill: 0, tiles: new Map([[0, tile]]) }
      return { ...emptyDocument(9, 9), layers: [{ ...emptyLayer('a', 'a'), pixels }] }
    }
    const documents = [0.4, 0.4, 0.4, 2].map((part) => heavy(part * historyBytes))
    const light = emptyDocument(9, 9)
    const after = documents.reduce(
      (history, before) => recorded(history, 'x', { before, after: light }),
      emptyHistory
    )
    expect(after.past.map(({ document }) => document)).toEqual([documents[3]])
    const three = documents
      .slice(0, 3)
      .reduce((history, before) => recorded(history, 'x', { before, after: light }), emptyHistory)
    expect(three.past).toHaveLength(2)
  })
})

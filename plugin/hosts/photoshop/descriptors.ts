import { CodedError } from '../../client/coded-error.ts'
import type { Action, Descriptor } from './photoshop-api.ts'

// Everything that has no method of its own, as Photoshop records it.

const silent = { _options: { dialogOptions: 'silent' } }
const layerMask = { _ref: 'channel', _enum: 'channel', _value: 'mask' }

export const selectLayer = (id: number): Descriptor => ({
  _obj: 'select',
  _target: [{ _ref: 'layer', _id: id }],
  makeVisible: false,
  ...silent
})

/** A mask for the selected layer that shows what is selected in the document, or nothing. */
export const makeMask = (shows: 'revealSelection' | 'hideAll'): Descriptor => ({
  _obj: 'make',
  new: { _class: 'channel' },
  at: layerMask,
  using: { _enum: 'userMaskEnabled', _value: shows },
  ...silent
})

export const getHasMask = (layerId: number): Descriptor => ({
  _obj: 'get',
  _target: [{ _property: 'hasUserMask' }, { _ref: 'layer', _id: layerId }],
  ...silent
})

/** Of the selected layer. */
export const deleteMask: Descriptor = { _obj: 'delete', _target: [layerMask], ...silent }

/** Makes the Background an ordinary layer, which may be transparent. */
export const freeBackground: Descriptor = {
  _obj: 'set',
  _target: [{ _ref: 'layer', _property: 'background' }],
  to: {
    _obj: 'layer',
    opacity: { _unit: 'percentUnit', _value: 100 },
    mode: { _enum: 'blendMode', _value: 'normal' }
  },
  ...silent
}

/** Brightness of the program's own windows. */
export const getBrightness: Descriptor = {
  _obj: 'get',
  _target: [
    { _property: 'kuiBrightnessLevel' },
    { _ref: 'application', _enum: 'ordinal', _value: 'targetEnum' }
  ],
  ...silent
}

/** Runs commands in order. A command that fails does not reject by itself, so this looks at the replies. */
export async function play(
  action: Action,
  ...commands: readonly Descriptor[]
): Promise<readonly Descriptor[]> {
  const replies = await action.batchPlay(commands, {})
  const failure = replies.find(({ _obj }) => _obj === 'error')
  if (failure === undefined) return replies
  throw new CodedError('host-busy', `Photoshop could not do this: ${String(failure.message)}`)
}

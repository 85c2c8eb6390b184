import type { Action, Descriptor } from '../../../plugin/hosts/photoshop/photoshop-api.ts'
import { changeLayer, findLayer, full, samplesOf, type LayerState } from './document-state.ts'
import { onlyKeys, SimUnsupported, strict } from './strict.ts'
import { change, openDocument, requireScope, type SimDocument, type World } from './world.ts'

/** Commands that notifications are known to come from. */
const events = [
  ...[
    'open',
    'close',
    'make',
    'select',
    'set',
    'show',
    'hide',
    'canvasSize',
    'imageSize',
    'crop',
    'convertMode'
  ],
  'historyStateChanged'
]

type Reply = Descriptor | Error

/** `require('photoshop').action`: exactly the descriptors that the plugin is known to play, key by key. */
export function createAction(world: World): Action {
  const active = (): SimDocument => openDocument(world, world.activeId)
  const selected = (): LayerState => {
    const layer = findLayer(active().state.layers, active().state.active.at(-1) ?? -1)
    if (layer === null) throw new Error('No layer is selected')
    return layer
  }
  const replaceSelected = (name: string, next: Partial<LayerState>): void => {
    const layers = changeLayer(active().state.layers, selected().id, (layer) => [{ ...layer, ...next }])
    change(world, active(), name, { ...active().state, layers })
  }

  const commands: Readonly<Record<string, (values: readonly (string | number)[]) => Reply>> = {
    '{"_obj":"get","_target":[{"_property":"kuiBrightnessLevel"},{"_ref":"application","_enum":"ordinal","_value":"targetEnum"}]}':
      () => ({ kuiBrightnessLevel: { _enum: 'uiBrightnessLevelEnumType', _value: world.brightness } }),
    '{"_obj":"get","_target":[{"_property":"hasUserMask"},{"_ref":"layer","_id":#}]}': ([id]) => {
      const layer = findLayer(active().state.layers, Number(id))
      return layer === null ? new Error('no such layer') : { hasUserMask: layer.mask !== null }
    },
    '{"_obj":"select","_target":[{"_ref":"layer","_id":#}],"makeVisible":false}': ([id]) => {
      if (findLayer(active().state.layers, Number(id)) === null) return new Error('no such layer')
      change(world, active(), 'Select', { ...active().state, active: [Number(id)] })
      return {}
    },
    [makeMask('revealSelection')]: () => {
      if (selected().mask !== null) return new Error('The command “Make” is not currently available.')
      const { selection, width, height } = active().state
      const top = full[active().depth]!
      const area = { x: 0, y: 0, width, height }
      const plane = selection?.plane
      const data = samplesOf(width * height, active().depth).fill(plane === undefined ? top : 0)
      if (plane !== undefined)
        plane.data.forEach((value, at) => {
          const x = plane.area.x + (at % plane.area.width)
          const y = plane.area.y + Math.floor(at / plane.area.width)
          if (x >= 0 && y >= 0 && x < width && y < height)
            data[y * width + x] = Math.round((value / 255) * top)
        })
      replaceSelected('Add Layer Mask', {
        mask: { area, components: 1, data, outside: plane === undefined ? top : 0 }
      })
      return {}
    },
    [makeMask('hideAll')]: () => {
      if (selected().mask !== null) return new Error('The command “Make” is not currently available.')
      const { width, height } = active().state
      const data = samplesOf(width * height, active().depth)
      replaceSelected('Add Layer Mask', {
        mask: { area: { x: 0, y: 0, width, height }, components: 1, data, outside: 0 }
      })
      return {}
    },
    '{"_obj":"delete","_target":[{"_ref":"channel","_enum":"channel","_value":"mask"}]}': () => {
      if (selected().mask === null) return new Error('The command “Delete” is not currently available.')
      replaceSelected('Delete Layer Mask', { mask: null })
      return {}
    },
    '{"_obj":"set","_target":[{"_ref":"layer","_property":"background"}],"to":{"_obj":"layer","opacity":{"_unit":"percentUnit","_value":100},"mode":{"_enum":"blendMode","_value":"normal"}}}':
      () => {
        const background = active().state.layers.at(-1)
        if (background?.isBackground !== true) return new Error('There is no Background')
        const free = { ...background, isBackground: false, name: 'Layer 0' }
        const layers = changeLayer(active().state.layers, background.id, () => [free])
        change(world, active(), 'Layer From Background', { ...active().state, layers })
        return {}
      }
  }

  function run(command: Descriptor): Reply {
    const { _options, ...rest } = command
    if (JSON.stringify(_options) !== '{"dialogOptions":"silent"}')
      throw new SimUnsupported('command that is not silent')
    const values: number[] = []
    const shape = JSON.stringify(rest).replace(/"_id":(\d+)/g, (_match, id: string) => {
      values.push(Number(id))
      return '"_id":#'
    })
    const known = commands[shape]
    if (known === undefined) throw new SimUnsupported(`descriptor ${shape}`)
    if (rest._obj !== 'get') requireScope(world, String(rest._obj), 'change')
    return known(values)
  }

  return strict('action', {
    async batchPlay(played: readonly Descriptor[], options: object) {
      if (!(played instanceof Array)) throw new Error('Argument 1 has an invalid type. Expected type: array')
      onlyKeys('batchPlay', options, [])
      await Promise.resolve()
      const replies: Descriptor[] = []
      for (const command of played) {
        const reply = run(command)
        if (!(reply instanceof Error)) replies.push(reply)
        else {
          // A failing command does not reject, and stops the rest.
          replies.push({ _obj: 'error', message: reply.message, result: -25920 })
          break
        }
      }
      return replies
    },
    addNotificationListener(names: readonly string[], listener: () => void) {
      for (const name of names) {
        if (!events.includes(name)) throw new SimUnsupported(`event ${name}`)
        const listeners = world.listeners.get(name) ?? new Set()
        world.listeners.set(name, listeners.add(listener))
      }
      return Promise.resolve()
    },
    removeNotificationListener(names: readonly string[], listener: () => void) {
      for (const name of names) world.listeners.get(name)?.delete(listener)
      return Promise.resolve()
    }
  })
}

const makeMask = (shows: string): string =>
  `{"_obj":"make","new":{"_class":"channel"},"at":{"_ref":"channel","_enum":"channel","_value":"mask"},"using":{"_enum":"userMaskEnabled","_value":"${shows}"}}`

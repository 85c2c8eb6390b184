import vm from 'node:vm'
import type { PluginRuntime } from '../../../plugin/entries/photoshop-plugin.ts'

/**
 * Runs the packaged script as Photoshop's engine does: a classic script in a global scope that has no Buffer, no TextDecoder, no
 * matchMedia, no structuredClone, no digests, no language; `require` knows Photoshop's modules only.
 */
export const runBuilt =
  (script: string) =>
  ({
    photoshop,
    uxp,
    document,
    localStorage,
    fetch,
    connect,
    onMessage,
    copy,
    paste,
    newId,
    later
  }: PluginRuntime) => {
    const modules: Readonly<Record<string, unknown>> = { photoshop, uxp }
    const require = (name: string): unknown => {
      if (!(name in modules)) throw new Error(`There is no module ${name}`)
      return modules[name]
    }
    // The plugin's timers, as fast as the test's clock; what was stopped stays so.
    const timers = new Map<number, () => void>()
    let timer = 0
    vm.runInNewContext(script, {
      ...{ require, document, localStorage, fetch },
      // One realm, as in Photoshop: what goes over to its modules is of the same kinds there.
      ...{ ArrayBuffer, Uint8Array, Uint8ClampedArray, Uint16Array, Float32Array, Error, TypeError },
      setTimeout(action: () => void, milliseconds: number) {
        timers.set(++timer, later(milliseconds, action))
        return timer
      },
      clearTimeout: (id: number) => timers.get(id)?.(),
      WebSocket: function (url: string) {
        return connect(url)
      },
      window: {
        addEventListener: (_type: string, listener: Parameters<typeof onMessage>[0]) => onMessage(listener)
      },
      navigator: { clipboard: { writeText: copy, readText: paste } },
      crypto: { randomUUID: newId }
    })
  }

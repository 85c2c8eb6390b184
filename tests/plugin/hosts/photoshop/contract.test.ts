import { describeHost } from '../host-contract.ts'
import type { Knobs } from '../../../support/photoshop/knobs.ts'
import { startHost } from './photoshop-case.ts'

/** Both sides of everything that Adobe's reference leaves open. */
const sides: Readonly<Record<string, Partial<Knobs>>> = {
  'as it is believed to be': {},
  'giving whole regions': { trim: 'off', emptyRegion: 'zeroSize', selectionTrim: false, deepMasks: false },
  'giving the layers’ bounds': { trim: 'layerBounds', addRule: 'copy', unsavedPath: 'name' },
  'writing blocks of zeros as white': { zeroBlockBug: true, maskOutside: 0 },
  'showing what lies beside a mask': { maskOutside: 255, selectionBeyondCanvas: false },
  'keeping silent about changes': { notifies: false, busy: 'legacy' }
}

for (const [side, knobs] of Object.entries(sides))
  describeHost(`Photoshop, ${side},`, () => {
    const { host, person, world } = startHost(knobs)
    /** Where Photoshop says nothing, the host looks by itself. */
    const noticed = () => new Promise((resolve) => setTimeout(resolve, knobs.notifies === false ? 60 : 0))
    return {
      host,
      open: (picture) => {
        if (world.activeId !== null) person.close()
        person.open(picture)
      },
      close: async () => {
        person.close()
        await noticed()
      },
      select: async (area) => {
        person.select(area)
        await noticed()
      },
      extend: async (by) => {
        person.extend(by)
        await noticed()
      },
      undo: () => person.undo()
    }
  })

import type { ToolName } from '../editor-state.ts'
import { area } from './area.ts'
import { brush, eraser, maskBrush } from './brushes.ts'
import { crop } from './crop.ts'
import { lasso } from './lasso.ts'
import { magicWand } from './magic-wand.ts'
import { ellipseMarquee, rectangleMarquee } from './marquee.ts'
import { move } from './move.ts'
import type { Tool } from './tool.ts'
import { hand, zoom } from './view-tools.ts'

/** In the order of the tool bar; each list is a group of it. */
export const toolGroups: readonly (readonly Tool[])[] = [
  [move],
  [rectangleMarquee, ellipseMarquee, lasso, magicWand],
  [brush, eraser, maskBrush],
  [area, crop],
  [hand, zoom]
]

const tools = toolGroups.flat()

export function toolNamed(name: ToolName): Tool {
  const tool = tools.find((each) => each.name === name)
  if (tool === undefined) throw new Error(`Bug: no tool is called ${name}`)
  return tool
}

/** The tool that a letter takes in hand: pressed again, the next one with the same letter. */
export function toolForKey(key: string, current: ToolName): Tool | null {
  const same = tools.filter((tool) => tool.key === key.toUpperCase())
  const at = same.findIndex(({ name }) => name === current)
  return same[(at + 1) % Math.max(1, same.length)] ?? null
}

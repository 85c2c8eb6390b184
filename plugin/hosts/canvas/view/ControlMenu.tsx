import type { JSX } from 'react'
import { ActionButton, Item, Menu, MenuTrigger, Tooltip, TooltipTrigger } from '../../../ui/controls.tsx'
import { kindFor, netFor } from '../control-kit.ts'
import { activeLayer } from '../document.ts'
import { changeLayer } from '../layer-edits.ts'
import { controlRole, pictureRole } from '../layer-role.ts'
import { Drawing } from './icons.tsx'
import { useControlKit } from './use-control-kit.ts'
import { useEditor, useShownDocument } from './use-editor.ts'

/** From layers to the maps of ControlNets, and back. */
export function ControlMenu(): JSX.Element | null {
  const editor = useEditor()
  const kit = useControlKit()
  const document = useShownDocument()
  if (kit === null) return null
  const layer = document === null ? null : activeLayer(document)
  const isControl = layer?.role.kind === 'control'
  const run = (key: string | number): void => {
    if (key === 'map') editor.set({ dialog: 'map' })
    else if (layer !== null && isControl)
      editor.apply('Use layer as picture', changeLayer(layer.id, { role: pictureRole }))
    else if (layer !== null) {
      const words = layer.name.toLowerCase().split(/\W+/).filter(Boolean)
      const role = controlRole(netFor(kit, words), kindFor(words))
      editor.apply('Use layer as control', changeLayer(layer.id, { role }))
    }
  }
  return (
    <MenuTrigger>
      <TooltipTrigger delay={400}>
        <ActionButton isQuiet aria-label="Control" isDisabled={document === null}>
          <Drawing name="control" />
        </ActionButton>
        <Tooltip>Control: maps that guide the model</Tooltip>
      </TooltipTrigger>
      <Menu
        aria-label="Control"
        disabledKeys={[...(layer === null ? ['role'] : []), ...(kit.annotators.length === 0 ? ['map'] : [])]}
        onAction={run}
      >
        <Item key="role">{isControl ? 'Use as picture again' : 'Use as control'}</Item>
        <Item key="map">From picture…</Item>
      </Menu>
    </MenuTrigger>
  )
}

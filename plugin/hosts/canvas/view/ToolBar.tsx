import type { JSX } from 'react'
import { ToggleButton, Tooltip, TooltipTrigger } from '../../../ui/controls.tsx'
import type { Tool } from '../tools/tool.ts'
import { toolGroups } from '../tools/tools.ts'
import { Colours } from './Colours.tsx'
import { Drawing } from './icons.tsx'
import { useEditor, useEditorState } from './use-editor.ts'

/** The tools, one of them in hand, and the two colours. */
export function ToolBar(): JSX.Element {
  return (
    <div className="tool-bar" role="toolbar" aria-label="Tools" aria-orientation="vertical">
      {toolGroups.map((group) => (
        <div key={group[0]?.name} className="tool-group">
          {group.map((tool) => (
            <ToolButton key={tool.name} tool={tool} />
          ))}
        </div>
      ))}
      <Colours />
    </div>
  )
}

function ToolButton({ tool }: { readonly tool: Tool }): JSX.Element {
  const editor = useEditor()
  const inHand = useEditorState((state) => state.tool === tool.name)
  return (
    <TooltipTrigger delay={400} placement="end">
      <ToggleButton
        isQuiet
        isEmphasized
        aria-label={tool.label}
        isSelected={inHand}
        onPress={() => editor.chooseTool(tool.name)}
      >
        <Drawing name={tool.name} />
      </ToggleButton>
      <Tooltip>{`${tool.label} (${tool.key})`}</Tooltip>
    </TooltipTrigger>
  )
}

import type { JSX, KeyboardEvent } from 'react'
import { ActionButton, Checkbox, Text, ToggleButton } from '../../../ui/controls.tsx'
import type { Rect } from '#protocol/geometry.ts'
import { maxEdge } from '../limits.ts'
import { maxFeather } from '../selection/feather.ts'
import { applyCrop, resetCrop } from '../tools/crop.ts'
import { toolNamed } from '../tools/tools.ts'
import { brushSizes } from '../view-commands.ts'
import { AreaOptions } from './AreaOptions.tsx'
import { NumberOption } from './NumberOption.tsx'
import { useEditor, useEditorState } from './use-editor.ts'

/** The settings of the tool in hand. */
export function ToolOptions(): JSX.Element {
  const tool = useEditorState((state) => state.tool)
  return (
    <div className="tool-options" role="group" aria-label="Tool options">
      <span className="tool-name">{toolNamed(tool).label}</span>
      <Options />
    </div>
  )
}

function Options(): JSX.Element {
  const tool = useEditorState((state) => state.tool)
  switch (tool) {
    case 'rectangle-marquee':
    case 'ellipse-marquee':
    case 'lasso':
      return <SelectOptions />
    case 'wand':
      return <WandOptions />
    case 'brush':
    case 'eraser':
      return <BrushOptions />
    case 'mask-brush':
      return <MaskBrushOptions />
    case 'crop':
      return <CropOptions />
    case 'area':
      return <AreaOptions />
    case 'move':
      return <span className="hint">Drag to move the active layer. Arrow keys nudge it.</span>
    case 'hand':
      return <span className="hint">Drag to pan. Hold Space to do so with any tool.</span>
    case 'zoom':
      return (
        <span className="hint">Click to zoom in, Alt-click to zoom out. Ctrl+wheel zooms with any tool.</span>
      )
  }
}

function FeatherOption(): JSX.Element {
  const editor = useEditor()
  const feather = useEditorState((state) => state.feather)
  const set = (value: number): void => editor.set({ feather: value })
  return <NumberOption label="Feather" value={feather} from={0} to={maxFeather} set={set} unit="px" />
}

function SelectOptions(): JSX.Element {
  return (
    <>
      <FeatherOption />
      <span className="hint">Shift adds, Alt subtracts, both intersect.</span>
    </>
  )
}

function WandOptions(): JSX.Element {
  const editor = useEditor()
  const wand = useEditorState((state) => state.wand)
  return (
    <>
      <NumberOption
        label="Tolerance"
        value={wand.tolerance}
        from={0}
        to={255}
        set={(tolerance) => editor.set({ wand: { ...wand, tolerance } })}
      />
      <Checkbox
        isSelected={wand.contiguous}
        onChange={(contiguous) => editor.set({ wand: { ...wand, contiguous } })}
      >
        Contiguous
      </Checkbox>
      <FeatherOption />
    </>
  )
}

function BrushOptions(): JSX.Element {
  const editor = useEditor()
  const brush = useEditorState((state) => state.brush)
  const set = (change: Partial<typeof brush>): void => editor.set({ brush: { ...brush, ...change } })
  const { least, most } = brushSizes
  return (
    <>
      <NumberOption
        label="Size"
        value={brush.size}
        from={least}
        to={most}
        set={(size) => set({ size })}
        unit="px"
      />
      <NumberOption
        label="Hardness"
        value={brush.hardness}
        from={0}
        to={1}
        set={(hardness) => set({ hardness })}
        unit="%"
      />
      <NumberOption
        label="Opacity"
        value={brush.opacity}
        from={0.01}
        to={1}
        set={(opacity) => set({ opacity })}
        unit="%"
      />
    </>
  )
}

function MaskBrushOptions(): JSX.Element {
  const editor = useEditor()
  const paint = useEditorState((state) => state.maskPaint)
  return (
    <>
      <div className="choice" role="group" aria-label="Mask brush">
        {(['reveal', 'hide'] as const).map((maskPaint) => (
          <ToggleButton
            key={maskPaint}
            isSelected={paint === maskPaint}
            onPress={() => editor.set({ maskPaint })}
          >
            <Text>{maskPaint === 'reveal' ? 'Reveal' : 'Hide'}</Text>
          </ToggleButton>
        ))}
      </div>
      <BrushOptions />
    </>
  )
}

function CropOptions(): JSX.Element | null {
  const editor = useEditor()
  const crop = useEditorState((state) => state.crop)
  if (crop === null) return null
  const set = (change: Partial<Rect>): void => editor.set({ crop: { ...crop, ...change } })
  // The fields take over what was typed when Enter goes down; when it comes up the frame is complete.
  const applyOnEnter = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') applyCrop(editor)
  }
  return (
    <div className="option-group" onKeyUp={applyOnEnter}>
      <NumberOption label="Left" value={crop.x} from={-maxEdge} to={maxEdge} set={(x) => set({ x })} />
      <NumberOption label="Top" value={crop.y} from={-maxEdge} to={maxEdge} set={(y) => set({ y })} />
      <NumberOption label="Width" value={crop.width} from={1} to={maxEdge} set={(width) => set({ width })} />
      <NumberOption
        label="Height"
        value={crop.height}
        from={1}
        to={maxEdge}
        set={(height) => set({ height })}
      />
      <ActionButton onPress={() => applyCrop(editor)}>Apply crop</ActionButton>
      <ActionButton isQuiet onPress={() => resetCrop(editor)}>
        Reset
      </ActionButton>
    </div>
  )
}

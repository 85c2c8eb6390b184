import type { JSX } from 'react'
import type { Rect } from '#protocol/geometry.ts'
import { ActionButton } from '../../../ui/controls.tsx'
import { leastArea, movedArea, setArea } from '../tools/area.ts'
import { NumberOption } from './NumberOption.tsx'
import { useEditor, useEditorState, useShownDocument } from './use-editor.ts'

/** The area that the model sees, by numbers, and the way back to the automatic one. */
export function AreaOptions(): JSX.Element {
  const editor = useEditor()
  const document = useShownDocument()
  const frame = useEditorState((state) => (state.draft ?? state.document)?.area ?? state.automaticArea)
  const automatic = useEditorState((state) => state.automaticArea)
  if (document === null || frame === null)
    return <span className="hint">Shows what the model sees, once there is something to generate.</span>
  const { canvas } = document
  const set = (change: Partial<Rect>): void => setArea(editor, fitted({ ...frame, ...change }))
  const fitted = (wanted: Rect): Rect => movedArea(wanted, { x: 0, y: 0 }, canvas)
  return (
    <div className="option-group">
      <NumberOption label="Left" value={frame.x} from={0} to={canvas.width} set={(x) => set({ x })} />
      <NumberOption label="Top" value={frame.y} from={0} to={canvas.height} set={(y) => set({ y })} />
      <NumberOption
        label="Width"
        value={frame.width}
        from={Math.min(leastArea, canvas.width)}
        to={canvas.width}
        set={(width) => set({ width })}
      />
      <NumberOption
        label="Height"
        value={frame.height}
        from={Math.min(leastArea, canvas.height)}
        to={canvas.height}
        set={(height) => set({ height })}
      />
      <ActionButton
        isDisabled={document.area === null || automatic === null}
        onPress={() => setArea(editor, null)}
      >
        Automatic
      </ActionButton>
    </div>
  )
}

import { useEffect, useMemo, useState, type JSX } from 'react'
import type { AnnotatorInfo } from '#protocol/annotators.ts'
import { Button, ButtonGroup, Content, Dialog, Divider, Heading, Slider } from '../../../ui/controls.tsx'
import type { RgbaImage } from '../../host.ts'
import { flatten } from '../composite.ts'
import { kindFor, netFor, type ControlKit } from '../control-kit.ts'
import type { CanvasDocument } from '../document.ts'
import { areaOf } from '../geometry.ts'
import { insertLayers } from '../layer-edits.ts'
import { controlRole } from '../layer-role.ts'
import { layerFrom, type Layer } from '../layer.ts'
import { seenByModel } from '../seen-layers.ts'
import { AnnotatorFields, type ParameterValues } from './AnnotatorFields.tsx'
import { MapPicture } from './MapPicture.tsx'
import { useEditor } from './use-editor.ts'
import { useMapPreview, wordsOf } from './use-map-preview.ts'

interface MapDialogProps {
  readonly kit: ControlKit
  readonly document: CanvasDocument
  readonly close: () => void
}

/** How much of the picture shows through a new map. */
const MAP_OPACITY = 0.6
/** Longer side in pixels at which pictures are looked at, unless a person wants it finer. */
const USUAL_DETAIL = 1024
const LEAST_DETAIL = 64

interface Choice {
  readonly annotator: AnnotatorInfo
  readonly values: ParameterValues
}

/** Makes a control layer from what the model sees of the document. */
export function MapDialog({ kit, document, close }: MapDialogProps): JSX.Element {
  const editor = useEditor()
  const [{ annotator, values }, choose] = useState<Choice>({ annotator: firstUsable(kit), values: {} })
  const longest = Math.max(document.canvas.width, document.canvas.height)
  const [detail, setDetail] = useState(Math.min(longest, USUAL_DETAIL))
  const [making, setMaking] = useState<AbortController | null>(null)
  const [failure, setFailure] = useState<string | null>(null)
  const picture = useMemo(() => flatten(seenByModel(document), areaOf(document.canvas)), [document])
  const wish = useMemo(() => ({ annotator: annotator.id, parameters: { ...values } }), [annotator, values])
  const preview = useMapPreview(kit, picture, wish)
  const isNew = preview.of === wish
  // A dialog that is closed in the middle makes no layer.
  useEffect(() => () => making?.abort(), [making])

  async function make(): Promise<void> {
    const stop = new AbortController()
    setMaking(stop)
    try {
      const side = Math.max(LEAST_DETAIL, detail)
      const pixels = await kit.makeMap(picture, { ...wish, fullSize: true, side }, stop.signal)
      const layer = mapLayer(editor.newId(), annotator, pixels, kit)
      editor.apply('Map from picture', insertLayers([layer]))
      close()
    } catch (error) {
      if (stop.signal.aborted) return
      setFailure(wordsOf(error))
      setMaking(null)
    }
  }

  const problem = failure ?? (isNew ? preview.problem : null)
  return (
    <Dialog size="M">
      <Heading>Map from picture</Heading>
      <Divider />
      <Content>
        <div className="map-dialog">
          <MapPicture map={preview.map} isBusy={!isNew || making !== null} />
          <AnnotatorFields
            annotators={kit.annotators}
            annotator={annotator}
            choose={(chosen) => choose({ annotator: chosen, values: {} })}
            values={values}
            setValues={(changed) => choose({ annotator, values: changed })}
            download={() => {
              close()
              kit.download('annotator')
            }}
          />
          {longest > LEAST_DETAIL && (
            <Slider
              label="Detail (px)"
              width="100%"
              minValue={LEAST_DETAIL}
              maxValue={longest}
              step={1}
              formatOptions={{ useGrouping: false }}
              value={detail}
              onChange={setDetail}
            />
          )}
          {problem !== null && <div role="alert">{problem}</div>}
        </div>
      </Content>
      <ButtonGroup>
        <Button variant="secondary" onPress={close}>
          Cancel
        </Button>
        <Button
          variant="accent"
          isDisabled={making !== null || !annotator.available}
          onPress={() => void make()}
        >
          {making === null ? 'Make layer' : 'Making …'}
        </Button>
      </ButtonGroup>
    </Dialog>
  )
}

const firstUsable = ({ annotators }: ControlKit): AnnotatorInfo =>
  annotators.find(({ available }) => available) ?? annotators[0]!

function mapLayer(id: string, { label, suits }: AnnotatorInfo, pixels: RgbaImage, kit: ControlKit): Layer {
  const layer = layerFrom(id, { name: `${label} map`, area: areaOf(pixels), pixels })
  return { ...layer, opacity: MAP_OPACITY, role: controlRole(netFor(kit, suits), kindFor(suits)) }
}

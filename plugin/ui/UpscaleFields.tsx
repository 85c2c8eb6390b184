import { modelInForce } from '../app/model-choice.ts'
import {
  sizeOfUpscaled,
  tileNetFor,
  upscaleFactors,
  upscalerFor,
  type UpscaleSettings
} from '../app/upscale.ts'
import { ChoicePicker } from './ChoicePicker.tsx'
import { ActionButton, NumberField, Slider, Switch, Text } from './controls.tsx'
import { useActions, useAppState } from './use-app.ts'

/** How a picture is made larger. */
export function UpscaleFields() {
  const { change, openDownloads } = useActions()
  const upscale = useAppState(({ settings }) => settings.upscale)
  const catalogue = useAppState((state) => state.catalogue)
  const model = useAppState(modelInForce)
  const document = useAppState((state) => state.document)
  if (catalogue === null) return null
  const set = (part: Partial<UpscaleSettings>) => change({ upscale: { ...upscale, ...part } })
  const tile = model === null ? null : tileNetFor(model, catalogue)
  const hasNetwork = catalogue.extensions.some(({ kind }) => kind === 'upscaler')
  const from = document === null ? null : (document.area ?? document.selection ?? document.canvas)
  const to = from === null ? null : sizeOfUpscaled(from, upscale)
  return (
    <>
      <ChoicePicker
        label="Upscaler"
        choices={catalogue.upscalers}
        value={upscalerFor(upscale, catalogue)}
        onChange={(upscaler) => set({ upscaler })}
      />
      {!hasNetwork && (
        <div className="marquee-row">
          <Text flex UNSAFE_className="marquee-caption">
            No upscaling network is in your models folders.
          </Text>
          <ActionButton isQuiet onPress={() => openDownloads('upscaler')}>
            Download
          </ActionButton>
        </div>
      )}
      <NumberField
        label="Times as large (×)"
        width="100%"
        minValue={upscaleFactors.least}
        maxValue={upscaleFactors.most}
        step={0.25}
        value={upscale.factor}
        onChange={(factor) => {
          if (!Number.isNaN(factor)) set({ factor })
        }}
      />
      {from !== null && to !== null && (
        <Text UNSAFE_className="marquee-caption">
          {from.width} × {from.height} px become {to.width} × {to.height} px
        </Text>
      )}
      <Slider
        label="Refine with the model"
        width="100%"
        minValue={0}
        maxValue={1}
        step={0.05}
        formatOptions={{ style: 'percent' }}
        getValueLabel={(refine) => (refine === 0 ? 'Off' : `${Math.round(refine * 100)} %`)}
        value={upscale.refine}
        onChange={(refine) => set({ refine })}
      />
      {upscale.refine > 0 && tile !== null && (
        <Switch isSelected={upscale.usesTile} onChange={(usesTile) => set({ usesTile })}>
          Keep to the picture by {tile}
        </Switch>
      )}
    </>
  )
}

import { edgeLimits, usualEdges, type EdgeSettings } from '../app/edges.ts'
import { intentInForce } from '../app/state.ts'
import { NumberField, Switch } from './controls.tsx'
import { useActions, useAppState } from './use-app.ts'

const fields = [
  { name: 'grow', label: 'Grow by (px)', most: edgeLimits.pixels },
  { name: 'blend', label: 'Fade over (px)', most: edgeLimits.pixels },
  { name: 'feather', label: 'Feather', most: edgeLimits.feather },
  { name: 'padding', label: 'Surroundings', most: edgeLimits.padding }
] as const
const percent = { style: 'percent', maximumFractionDigits: 1 } as const

/** How the selection becomes masks. Empty again, a field is what suits. */
export function EdgeFields() {
  const { change } = useActions()
  const edges = useAppState(({ settings }) => settings.edges)
  const usual = usualEdges(useAppState(intentInForce))
  const set = (part: Partial<EdgeSettings>) => change({ edges: { ...edges, ...part } })
  return (
    <div role="group" aria-label="Edges of the selection" className="marquee-section">
      <span className="marquee-group-title">Edges of the selection</span>
      <div className="marquee-pairs">
        {fields.map(({ name, label, most }) => (
          <NumberField
            key={name}
            label={label}
            width="100%"
            minWidth={0}
            minValue={0}
            maxValue={most}
            step={name === 'grow' || name === 'blend' ? 1 : 0.01}
            formatOptions={name === 'grow' || name === 'blend' ? { maximumFractionDigits: 0 } : percent}
            value={edges[name] ?? usual[name]}
            onChange={(value) => set({ [name]: Number.isNaN(value) ? null : value })}
          />
        ))}
      </div>
      <span className="marquee-caption">Feather and surroundings in % of the selection’s diagonal</span>
      <Switch isSelected={edges.differential} onChange={(differential) => set({ differential })}>
        Differential: soft edges keep their structure
      </Switch>
    </div>
  )
}

import type { JSX } from 'react'
import type { AnnotatorInfo } from '#protocol/annotators.ts'
import { ActionButton, Item, Picker, Slider, Text } from '../../../ui/controls.tsx'

/** Parameters by id; those that nobody moved have their defaults. */
export type ParameterValues = Readonly<Record<string, number>>

interface AnnotatorFieldsProps {
  readonly annotators: readonly AnnotatorInfo[]
  readonly annotator: AnnotatorInfo
  readonly choose: (annotator: AnnotatorInfo) => void
  readonly values: ParameterValues
  readonly setValues: (values: ParameterValues) => void
  readonly download: () => void
}

/** What makes a map, and its sliders. */
export function AnnotatorFields(props: AnnotatorFieldsProps): JSX.Element {
  const { annotators, annotator, choose, values, setValues, download } = props
  return (
    <>
      <Picker
        label="What the map keeps"
        width="100%"
        items={annotators}
        disabledKeys={annotators.filter(({ available }) => !available).map(({ id }) => id)}
        selectedKey={annotator.id}
        onSelectionChange={(key) => {
          const chosen = annotators.find(({ id }) => id === key)
          if (chosen !== undefined && chosen.id !== annotator.id) choose(chosen)
        }}
      >
        {({ id, label, about, available }) => (
          <Item key={id} textValue={label}>
            <Text>{label}</Text>
            <Text slot="description">{available ? about : 'Its network is not in your models folders'}</Text>
          </Item>
        )}
      </Picker>
      {annotators.some(({ available }) => !available) && (
        <div className="control-missing">
          <span>Some need a network that is not in your models folders.</span>
          <ActionButton onPress={download}>Download</ActionButton>
        </div>
      )}
      {annotator.parameters.map(({ id, label, min, max, step, default: usual, unit }) => (
        <Slider
          key={`${annotator.id} ${id}`}
          label={unit === '' || unit === 'level' ? label : `${label} (${unit})`}
          width="100%"
          minValue={min}
          maxValue={max}
          step={step}
          value={values[id] ?? usual}
          onChange={(value) => setValues({ ...values, [id]: value })}
        />
      ))}
    </>
  )
}

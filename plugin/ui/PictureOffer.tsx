import { useMemo } from 'react'
import { pictureSettings } from '../app/picture-settings.ts'
import { Button, ButtonGroup, Text } from './controls.tsx'
import { useActions, useAppState } from './use-app.ts'
import { samplingWords } from './wording.ts'

/** A picture that was opened says how it was made; its settings are there for the taking. */
export function PictureOffer() {
  const { takeOffered, dismissOffered } = useActions()
  const told = useAppState((state) => state.told)
  const catalogue = useAppState((state) => state.catalogue)
  const settings = useAppState((state) => state.settings)
  const offered = useMemo(
    () =>
      told === null || catalogue === null ? null : pictureSettings(told.parameters, { catalogue, settings }),
    [told, catalogue, settings]
  )
  if (told === null || offered === null || catalogue === null) return null
  return (
    <section className="marquee-offer" aria-label="Settings of a picture">
      <Text>
        <strong className="marquee-one-line">{told.name}</strong> says how it was made:
      </Text>
      <Text UNSAFE_className="marquee-excerpt">{offered.settings.prompt || '(no prompt)'}</Text>
      <Text UNSAFE_className="marquee-caption">{samplingWords(offered.settings, catalogue)}</Text>
      {offered.missing.map((sentence) => (
        <Text key={sentence} UNSAFE_className="marquee-caption">
          {sentence}
        </Text>
      ))}
      <ButtonGroup>
        <Button variant="primary" onPress={takeOffered}>
          Use its settings
        </Button>
        <Button variant="secondary" onPress={dismissOffered}>
          No
        </Button>
      </ButtonGroup>
    </section>
  )
}

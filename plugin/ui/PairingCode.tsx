import { useState } from 'react'
import { Button, Disclosure, DisclosurePanel, DisclosureTitle } from './controls.tsx'

interface PairingCodeProps {
  /** Asks the server for a code, good for `expiresIn` seconds. */
  readonly offer: () => Promise<{ readonly code: string; readonly expiresIn: number }>
}

/** Lets a panel in another program in: that panel asks for the code shown here. */
export function PairingCode({ offer }: PairingCodeProps) {
  const [text, setText] = useState<string | null>(null)

  async function show() {
    try {
      const { code, expiresIn } = await offer()
      setText(`Code: ${code.slice(0, 3)}-${code.slice(3)}, good for ${Math.round(expiresIn / 60)} minutes`)
    } catch (error) {
      setText(error instanceof Error ? error.message : String(error))
    }
  }

  return (
    <Disclosure isQuiet UNSAFE_className="marquee-disclosure">
      <DisclosureTitle>Photoshop panel</DisclosureTitle>
      <DisclosurePanel>
        <div className="marquee-section">
          <Button variant="secondary" onPress={() => void show()}>
            Show a code
          </Button>
          <div role="status">{text}</div>
        </div>
      </DisclosurePanel>
    </Disclosure>
  )
}

import { useState } from 'react'
import type { Notice } from '../app/notice.ts'
import { Button, Content, Flex, Heading, InlineAlert, Text, TextField } from './controls.tsx'

interface PairingFormProps {
  /** Rejects with what is to be shown. */
  readonly pair: (code: string) => Promise<void>
  /** The text on the clipboard: an editor may keep Ctrl+V to itself. */
  readonly paste: () => Promise<string>
}

/** Lets this panel in: by the short code that Marquee's page shows, or by its link. Asked for once. */
export function PairingForm({ pair, paste }: PairingFormProps) {
  const [code, setCode] = useState('')
  const [isPairing, setIsPairing] = useState(false)
  const [problem, setProblem] = useState<Notice | null>(null)

  async function attempt(work: () => Promise<void>) {
    setIsPairing(true)
    setProblem(null)
    try {
      await work()
    } catch (error) {
      setProblem({ message: error instanceof Error ? error.message : String(error) })
    }
    setIsPairing(false)
  }

  return (
    <InlineAlert variant="info" width="100%" minWidth={0}>
      <Heading>Connect this panel to Marquee</Heading>
      <Content>
        <Flex direction="column" alignItems="start" gap="size-150">
          <Text>
            On this computer run “npm start”. On the page that opens choose “Photoshop panel”, then “Show a
            code”, and type the code here. A panel that was connected before has a key that this server does
            not know: connect it anew.
          </Text>
          <TextField
            label="Code"
            width="100%"
            value={code}
            onChange={setCode}
            {...(problem === null
              ? {}
              : { validationState: 'invalid' as const, errorMessage: problem.message })}
          />
          <Flex gap="size-100" wrap>
            <Button
              variant="accent"
              isDisabled={isPairing || code.trim() === ''}
              onPress={() => void attempt(() => pair(code))}
            >
              Connect
            </Button>
            <Button
              variant="secondary"
              isDisabled={isPairing}
              onPress={() => void attempt(async () => setCode((await paste()).trim()))}
            >
              Paste
            </Button>
          </Flex>
        </Flex>
      </Content>
    </InlineAlert>
  )
}

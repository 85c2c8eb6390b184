import type { ReactNode } from 'react'
import type { AppState } from '../app/state.ts'
import type { Notice } from '../app/notice.ts'
import { Button, Content, Flex, Heading, InlineAlert, ProgressCircle, Text } from './controls.tsx'
import { useActions, useAppState } from './use-app.ts'

export type OfflineCause = Extract<AppState['connection'], { readonly state: 'offline' }>['cause']

const causes: Readonly<Record<OfflineCause, Required<Notice>>> = {
  'not-running': {
    message: 'Marquee’s server is not running',
    hint: 'Start it with “npm start” in Marquee’s folder. The panel connects by itself as soon as it runs.'
  },
  'wrong-token': {
    message: 'This page is not let in',
    hint: 'Its token is missing or old. Open the link that “npm start” prints; it carries the token.'
  },
  'wrong-version': {
    message: 'Panel and server are of different versions',
    hint: 'Reload this page. If that does not help, stop the server and run “npm start” again.'
  },
  forbidden: {
    message: 'The server refuses this address',
    hint: 'It only serves its own page: open http://localhost:7421/ itself.'
  }
}

export interface ConnectionNoticeProps {
  /** What to say instead, in an editor where the ways out are others. */
  readonly remedies?: Partial<Readonly<Record<OfflineCause, Required<Notice>>>>
  /** A way in without a link, for a panel that is not let in. */
  readonly pairing?: ReactNode
}

/** Whatever keeps a person from working, and the way out: no connection, no document, no model. */
export function ConnectionNotice({ remedies = {}, pairing }: ConnectionNoticeProps) {
  const { connect } = useActions()
  const connection = useAppState((state) => state.connection)
  const hasDocument = useAppState((state) => state.document !== null)
  const models = useAppState((state) => state.catalogue?.models.length ?? null)
  if (connection.state === 'connecting')
    return (
      <div className="marquee-row">
        <ProgressCircle aria-label="Connecting" size="S" isIndeterminate />
        <Text>Connecting…</Text>
      </div>
    )
  if (connection.state === 'offline') {
    if (connection.cause === 'wrong-token' && pairing !== undefined) return pairing
    const { message, hint } = remedies[connection.cause] ?? causes[connection.cause]
    return (
      <InlineAlert variant="notice" width="100%" minWidth={0}>
        <Heading>{message}</Heading>
        <Content>
          <Flex direction="column" alignItems="start" gap="size-150">
            {hint}
            <Button variant="secondary" onPress={connect}>
              Try again
            </Button>
          </Flex>
        </Content>
      </InlineAlert>
    )
  }
  if (!hasDocument)
    return (
      <Hint message="No document is open" hint="Open a picture or make a new one, then come back here." />
    )
  if (models === 0)
    return (
      <Hint
        message="No model was found"
        hint="Drop a checkpoint (.safetensors) here, or add the folder it lies in: Settings, Manage models."
      />
    )
  return null
}

function Hint({ message, hint }: Required<Notice>) {
  return (
    <InlineAlert variant="info" width="100%" minWidth={0}>
      <Heading>{message}</Heading>
      <Content>{hint}</Content>
    </InlineAlert>
  )
}

import { useEffect, useState } from 'react'
import type { ServerStatus } from '#protocol/status.ts'
import { ActionButton, Disclosure, DisclosurePanel, DisclosureTitle, Text } from './controls.tsx'
import { statusLines, tokenWords } from './status-wording.ts'
import { useActions, useApp, useAppState } from './use-app.ts'

/** Milliseconds between two questions while the section is open. */
const LOOK_EVERY = 3000

/** How the server is, and who may use it; asked for only while somebody looks. */
export function StatusSection() {
  const [isExpanded, setIsExpanded] = useState(false)
  return (
    <Disclosure
      isQuiet
      UNSAFE_className="marquee-disclosure"
      isExpanded={isExpanded}
      onExpandedChange={setIsExpanded}
    >
      <DisclosureTitle>Server</DisclosureTitle>
      <DisclosurePanel>{isExpanded && <Status />}</DisclosurePanel>
    </Disclosure>
  )
}

function Status() {
  const { refreshStatus } = useActions()
  const { docsUrl } = useApp()
  const status = useAppState((state) => state.status)
  const isOnline = useAppState(({ connection }) => connection.state === 'online')
  useEffect(() => {
    if (!isOnline) return undefined
    void refreshStatus()
    const timer = setInterval(() => void refreshStatus(), LOOK_EVERY)
    return () => clearInterval(timer)
  }, [refreshStatus, isOnline])
  if (!isOnline) return <Text>The server does not answer.</Text>
  if (status === null) return <Text>Asking the server</Text>
  return (
    <div className="marquee-section">
      <dl className="marquee-facts">
        {statusLines(status).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Tokens {...status} />
      {docsUrl !== undefined && (
        <a className="marquee-link" href={docsUrl} target="_blank" rel="noreferrer">
          How programs talk to this server
        </a>
      )}
    </div>
  )
}

function Tokens({ tokens, mayChange }: Pick<ServerStatus, 'tokens' | 'mayChange'>) {
  const { revokeToken } = useActions()
  if (tokens === null || tokens.length === 0) return null
  return (
    <ul aria-label="Devices and programs that were let in" className="marquee-list">
      {tokens.map((token) => (
        <li key={token.id} className="marquee-row">
          <Text flex minWidth={0}>
            <span className="marquee-one-line">{token.name}</span>
            <span className="marquee-caption">{tokenWords(token)}</span>
          </Text>
          {mayChange && (
            <ActionButton
              isQuiet
              aria-label={`Let ${token.name} in no more`}
              onPress={() => void revokeToken(token.id)}
            >
              Revoke
            </ActionButton>
          )}
        </li>
      ))}
    </ul>
  )
}

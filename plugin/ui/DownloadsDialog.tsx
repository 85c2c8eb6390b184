import { useEffect, useState } from 'react'
import type { DownloadItem, DownloadKind } from '#protocol/downloads.ts'
import {
  ActionButton,
  Button,
  ButtonGroup,
  Content,
  Dialog,
  DialogContainer,
  Divider,
  Heading,
  ProgressBar,
  Text
} from './controls.tsx'
import { downloadWords, kindLabels } from './download-wording.ts'
import { bytesWords } from './model-wording.ts'
import { useActions, useAppState } from './use-app.ts'

/** Milliseconds between two looks at where the downloads stand. */
const LOOK_EVERY = 1000

/** What can be downloaded, while somebody has asked for it. */
export function DownloadsDialog() {
  const { closeDownloads } = useActions()
  const shown = useAppState((state) => state.downloadsShown)
  return (
    <DialogContainer onDismiss={closeDownloads}>
      {shown !== null && <Downloads kind={shown.kind} onClose={closeDownloads} />}
    </DialogContainer>
  )
}

interface DownloadsProps {
  /** Null: all. */
  readonly kind: DownloadKind | null
  readonly onClose: () => void
}

function Downloads({ kind: only, onClose }: DownloadsProps) {
  const { refreshDownloads } = useActions()
  const list = useAppState((state) => state.downloads)
  const notice = useAppState((state) => state.notice)
  useEffect(() => {
    void refreshDownloads()
    const timer = setInterval(() => void refreshDownloads(), LOOK_EVERY)
    return () => clearInterval(timer)
  }, [refreshDownloads])
  return (
    <Dialog size="L">
      <Heading>Download {only === null ? 'models' : kindLabels[only]}</Heading>
      <Divider />
      <Content>
        <div className="marquee-section">
          {list === null && <Text>Asking what there is …</Text>}
          {notice !== null && (
            <div role="alert">
              <Text>
                {notice.message} {notice.hint}
              </Text>
            </div>
          )}
          {list?.problems.map(({ message }) => (
            <div role="alert" key={message}>
              <Text>{message}</Text>
            </div>
          ))}
          {list !== null && (
            <Text UNSAFE_className="marquee-caption">
              {bytesWords(list.freeBytes)} free.{' '}
              {list.mayChange
                ? 'Your own entries go into catalogue.json in the data folder.'
                : 'Models are downloaded from the page that Marquee opens in the browser.'}
            </Text>
          )}
          {list !== null &&
            Object.entries(kindLabels)
              .filter(([kind]) => only === null || kind === only)
              .map(([kind, label]) => (
                <Kind
                  key={kind}
                  label={label}
                  items={list.items.filter((item) => item.kind === kind)}
                  mayChange={list.mayChange}
                />
              ))}
        </div>
      </Content>
      <ButtonGroup>
        <Button variant="secondary" onPress={onClose}>
          Close
        </Button>
      </ButtonGroup>
    </Dialog>
  )
}

interface KindProps {
  readonly label: string
  readonly items: readonly DownloadItem[]
  readonly mayChange: boolean
}

function Kind({ label, items, mayChange }: KindProps) {
  if (items.length === 0) return null
  return (
    <>
      <Heading level={4}>{label}</Heading>
      <ul aria-label={label} className="marquee-list">
        {items.map((item) => (
          <Entry key={item.id} item={item} mayChange={mayChange} />
        ))}
      </ul>
    </>
  )
}

interface EntryProps {
  readonly item: DownloadItem
  readonly mayChange: boolean
}

function Entry({ item, mayChange }: EntryProps) {
  const { name, about, licence, status, bytes } = item
  const isBusy = status.state === 'downloading' || status.state === 'checking'
  return (
    <li className="marquee-job" aria-label={name}>
      <strong>{name}</strong>
      {about !== '' && <Text>{about}</Text>}
      <Text UNSAFE_className="marquee-caption">
        {downloadWords(item)} · Licence: {licence.name}
      </Text>
      {isBusy && (
        <ProgressBar
          aria-label={`Progress of ${name}`}
          width="100%"
          size="S"
          maxValue={bytes}
          value={status.done}
        />
      )}
      {mayChange && <Steps item={item} />}
    </li>
  )
}

function Steps({ item: { id, name, sha256, status } }: { readonly item: DownloadItem }) {
  const { stepDownload } = useActions()
  const [asked, setAsked] = useState<'remove' | 'start-unverified' | null>(null)
  const step = (label: string, does: Parameters<typeof stepDownload>[1]) => (
    <ActionButton key={label} aria-label={`${label} ${name}`} onPress={() => void stepDownload(id, does)}>
      {label}
    </ActionButton>
  )
  if (asked !== null)
    return (
      <div className="marquee-row" role="alert">
        <Text flex>
          {asked === 'remove'
            ? 'Delete the file?'
            : 'Nobody vouches for this file: nothing can tell whether it is what its maker published.'}
        </Text>
        <ActionButton
          onPress={() => {
            setAsked(null)
            void stepDownload(id, asked)
          }}
        >
          {asked === 'remove' ? 'Delete' : 'Download nevertheless'}
        </ActionButton>
        <ActionButton isQuiet onPress={() => setAsked(null)}>
          Keep
        </ActionButton>
      </div>
    )
  const ask = (label: string, what: 'remove' | 'start-unverified') => (
    <ActionButton aria-label={`${label} ${name}`} onPress={() => setAsked(what)}>
      {label}
    </ActionButton>
  )
  switch (status.state) {
    case 'available':
      return (
        <div className="marquee-row">
          {sha256 === null ? ask('Download', 'start-unverified') : step('Download', 'start')}
        </div>
      )
    case 'installed':
      return status.isRemovable ? <div className="marquee-row">{ask('Remove', 'remove')}</div> : null
    case 'waiting':
    case 'downloading':
    case 'checking':
      return (
        <div className="marquee-row">
          {step('Pause', 'pause')}
          {step('Cancel', 'cancel')}
        </div>
      )
    case 'paused':
    case 'failed':
      return (
        <div className="marquee-row">
          {step('Go on', 'resume')}
          {step('Cancel', 'cancel')}
        </div>
      )
  }
}

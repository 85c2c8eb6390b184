import type { ReactNode } from 'react'
import { AddingModels } from './AddingModels.tsx'
import { ActionButton, Text } from './controls.tsx'
import { ConnectionNotice, type ConnectionNoticeProps } from './ConnectionNotice.tsx'
import { DownloadsDialog } from './DownloadsDialog.tsx'
import { ErrorNotice } from './ErrorNotice.tsx'
import { HistorySection } from './HistorySection.tsx'
import { JobList } from './JobList.tsx'
import { LiveStatus } from './LiveStatus.tsx'
import { PictureOffer } from './PictureOffer.tsx'
import { PromptSection } from './PromptSection.tsx'
import { ResultsGrid } from './ResultsGrid.tsx'
import { SettingsSection } from './SettingsSection.tsx'
import { StatusSection } from './StatusSection.tsx'
import { useActions, useAppState } from './use-app.ts'
import { useModelDrop } from './use-model-drop.ts'

interface PanelProps extends ConnectionNoticeProps {
  /** What only this editor's panel has, last. */
  readonly children?: ReactNode
}

/** The sections in the order a person needs them; made for 300 pixels of width. */
export function Panel({ children, ...connection }: PanelProps) {
  const { dismissNotice } = useActions()
  const notice = useAppState((state) => state.notice)
  const drop = useModelDrop()
  return (
    <div className="marquee-panel" role="region" aria-label="Marquee" {...drop}>
      <div className="marquee-standing">
        <ConnectionNotice {...connection} />
      </div>
      <PromptSection />
      <PictureOffer />
      {notice !== null && <ErrorNotice notice={notice} onDismiss={dismissNotice} />}
      <AddingModels />
      <JobList />
      <ResultsGrid />
      <UndoDiscard />
      <SettingsSection />
      <HistorySection />
      <StatusSection />
      {children}
      <LiveStatus />
      <DownloadsDialog />
    </div>
  )
}

function UndoDiscard() {
  const { undoDiscard } = useActions()
  const canUndo = useAppState((state) => state.lastDiscarded !== null)
  if (!canUndo) return null
  return (
    <div className="marquee-row">
      <Text flex>Discarded</Text>
      <ActionButton isQuiet onPress={undoDiscard}>
        Undo
      </ActionButton>
    </div>
  )
}

import { useMemo, useState } from 'react'
import { historyOf, type FinishedJob } from '../app/history.ts'
import { ActionButton, Disclosure, DisclosurePanel, DisclosureTitle, SearchField, Text } from './controls.tsx'
import { Thumbnail } from './Thumbnail.tsx'
import { useActions, useAppState } from './use-app.ts'
import { requestWords } from './wording.ts'

/** Entries laid out at once; more on demand, for each brings its pictures. */
const PAGE = 10

/** Results of this document, newest first, also those of before a reload. */
export function HistorySection() {
  const jobs = useAppState((state) => state.jobs)
  const document = useAppState((state) => state.document)
  const [isExpanded, setIsExpanded] = useState(false)
  const [search, setSearch] = useState('')
  const [limit, setLimit] = useState(PAGE)
  const all = useMemo(() => historyOf({ jobs, document }), [jobs, document])
  const found = useMemo(() => historyOf({ jobs, document }, search), [jobs, document, search])
  return (
    <Disclosure
      isQuiet
      UNSAFE_className="marquee-disclosure"
      isExpanded={isExpanded}
      onExpandedChange={setIsExpanded}
    >
      <DisclosureTitle>{all.length === 0 ? 'History' : `History (${all.length})`}</DisclosureTitle>
      <DisclosurePanel>
        {isExpanded && (
          <div className="marquee-section">
            {all.length > 3 && (
              <SearchField aria-label="Search history" width="100%" value={search} onChange={setSearch} />
            )}
            {found.length === 0 && (
              <Text>
                {all.length === 0 ? 'Results of this document are kept here.' : 'No prompt matches.'}
              </Text>
            )}
            <ul aria-label="History" className="marquee-list">
              {found.slice(0, limit).map((job) => (
                <HistoryEntry key={job.id} job={job} />
              ))}
            </ul>
            {found.length > limit && (
              <ActionButton isQuiet onPress={() => setLimit(limit + PAGE)}>
                Show more
              </ActionButton>
            )}
          </div>
        )}
      </DisclosurePanel>
    </Disclosure>
  )
}

function HistoryEntry({ job }: { readonly job: FinishedJob }) {
  const { showVariation, recall, discard } = useActions()
  const prompt = requestWords(job.request)
  return (
    <li className="marquee-job">
      <Text UNSAFE_className="marquee-one-line">{prompt}</Text>
      <div className="marquee-thumbnails marquee-small">
        {job.result.variations.map(({ pixels }, variation) => (
          <Thumbnail
            key={pixels.blob + String(variation)}
            jobId={job.id}
            image={pixels}
            label={`Show number ${variation + 1} of “${prompt}”`}
            onClick={() => showVariation({ jobId: job.id, variation })}
          />
        ))}
      </div>
      <div className="marquee-row">
        <ActionButton isQuiet onPress={() => void recall(job.id)}>
          Use these settings
        </ActionButton>
        <ActionButton isQuiet onPress={() => discard(job.id)}>
          Delete
        </ActionButton>
      </div>
    </li>
  )
}

import { useState } from 'react'
import { Button, Disclosure, DisclosurePanel, DisclosureTitle, Text, TextArea } from './controls.tsx'

interface DiagnosticsSectionProps {
  /** Tries things out in the editor; resolves to a report. */
  readonly diagnose: () => Promise<string>
  readonly copy: (text: string) => Promise<void>
}

/** What to send along with a question or a bug report. */
export function DiagnosticsSection({ diagnose, copy }: DiagnosticsSectionProps) {
  const [report, setReport] = useState<string | null>(null)
  const [isRunning, setIsRunning] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)

  async function attempt(work: () => Promise<void>) {
    setIsRunning(true)
    setProblem(null)
    try {
      await work()
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
    setIsRunning(false)
  }

  return (
    <Disclosure isQuiet UNSAFE_className="marquee-disclosure">
      <DisclosureTitle>Diagnostics</DisclosureTitle>
      <DisclosurePanel>
        <div className="marquee-section">
          <Text UNSAFE_className="marquee-caption">
            Tries out on a scratch document how this editor behaves. Open documents are not touched.
          </Text>
          <Button
            variant="secondary"
            isDisabled={isRunning}
            onPress={() => void attempt(async () => setReport(await diagnose()))}
          >
            Run diagnostics
          </Button>
          {problem !== null && <div role="alert">{problem}</div>}
          {report !== null && (
            <>
              <TextArea label="Report" width="100%" height="size-2400" isReadOnly value={report} />
              <Button variant="secondary" onPress={() => void attempt(() => copy(report))}>
                Copy report
              </Button>
            </>
          )}
        </div>
      </DisclosurePanel>
    </Disclosure>
  )
}

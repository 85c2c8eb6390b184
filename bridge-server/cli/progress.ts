/** One line that changes while a person waits. */
export interface Progress {
  /** `share` is 0…1, or null where it cannot be told. */
  readonly show: (text: string, share: number | null) => void
  /** Takes the line away. */
  readonly clear: () => void
}

interface Screen {
  readonly write: (text: string) => unknown
  /** Characters in a row now; windows change their size. */
  readonly columns: () => number
}

const barWidth = 24

/** Null: nobody watches, and nothing is shown. */
export function createProgress(screen: Screen | null): Progress {
  let shown = ''
  const put = (line: string): void => {
    if (screen === null || line === shown) return
    shown = line
    screen.write(`\r\u001B[2K${line}`)
  }
  return {
    show: (text, share) => {
      const bar = share === null ? '' : `${barOf(share)} `
      put(`${bar}${text}`.slice(0, Math.max((screen?.columns() ?? 80) - 1, 1)))
    },
    clear: () => put('')
  }
}

function barOf(share: number): string {
  const full = Math.round(Math.min(Math.max(share, 0), 1) * barWidth)
  return '█'.repeat(full) + '░'.repeat(barWidth - full)
}

import type { Command, CommandOption, OptionGroup } from './command.ts'

const widest = 100
const narrowest = 40

/** The text of `marquee COMMAND --help`, for a window of so many characters a row. */
export function commandHelp(
  name: string,
  { usage, about, options, examples }: Command,
  columns = widest
): string {
  const width = Math.min(Math.max(columns, narrowest), widest)
  const tried = examples.length === 0 ? [] : ['', 'Examples:', ...examples.map((line) => `  ${line}`)]
  return [
    `Usage: marquee ${name} ${usage}`,
    '',
    ...wrapped(about, width),
    ...[...options, everywhere].flatMap((group) => groupLines(group, width)),
    ...tried
  ].join('\n')
}

/** What every command knows. */
export const everywhere: OptionGroup = {
  title: 'Always',
  options: {
    json: { type: 'boolean', about: 'answer in JSON, errors too' },
    help: { type: 'boolean', short: 'h', about: 'this text' }
  }
}

function groupLines({ title, options }: OptionGroup, width: number): string[] {
  return ['', `${title}:`, ...Object.entries(options).flatMap((option) => optionLines(option, width))]
}

function optionLines([name, { short, value, about }]: [string, CommandOption], width: number): string[] {
  const indent = width < 80 ? 8 : 30
  const long = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
  const left = `  ${long}`
  const lines = wrapped(about, width - indent)
  const [first = '', ...rest] = lines
  const head =
    left.length < indent - 1 || first === ''
      ? [`${left.padEnd(indent)}${first}`.trimEnd()]
      : [left, `${' '.repeat(indent)}${first}`]
  return [...head, ...rest.map((line) => `${' '.repeat(indent)}${line}`)]
}

/** Breaks a text between words. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return line === '' ? lines : [...lines, line]
}

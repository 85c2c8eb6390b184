/** What a file's texts say of how its picture was made: the web UI's text wherever it stands, or NovelAI's brought into its form. */
export const toldParameters = (texts: Readonly<Record<string, string>>): string | null =>
  texts.parameters ?? texts.UserComment ?? novelAiText(texts)

/** NovelAI keeps the prompt as Description, and the rest as JSON. */
function novelAiText({ Software, Description = '', Comment = '' }: Readonly<Record<string, string>>) {
  if (Software !== 'NovelAI') return null
  try {
    const found: unknown = JSON.parse(Comment)
    if (typeof found !== 'object' || found === null) return null
    const values = new Map<string, unknown>(Object.entries(found))
    const field = (label: string, name: string): string => `${label}: ${plain(values.get(name))}`
    const fields = [
      field('Steps', 'steps'),
      field('Sampler', 'sampler'),
      field('CFG scale', 'scale'),
      field('Seed', 'seed'),
      `Size: ${plain(values.get('width'))}x${plain(values.get('height'))}`
    ]
    return [Description, `Negative prompt: ${plain(values.get('uc'))}`, fields.join(', ')].join('\n')
  } catch {
    return null
  }
}

const plain = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''

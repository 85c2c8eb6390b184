import type { Editor } from './editor.ts'
import { openPicture } from './open-pictures.ts'

interface Sample {
  readonly name: string
  readonly url: string
}

/** The scenes that come with the editor; the first one greets a newcomer. */
export const samples: readonly Sample[] = [
  { name: 'Moon and rocket', url: new URL('../../scenes/6.png', import.meta.url).href },
  { name: 'Mushroom', url: new URL('../../scenes/1.png', import.meta.url).href },
  { name: 'Castle', url: new URL('../../scenes/2.png', import.meta.url).href },
  { name: 'Cactus at night', url: new URL('../../scenes/3.png', import.meta.url).href },
  { name: 'Fish at sea', url: new URL('../../scenes/4.png', import.meta.url).href },
  { name: 'Horse and ghost', url: new URL('../../scenes/5.png', import.meta.url).href }
]

export async function openSample(editor: Editor, { name, url }: Sample): Promise<void> {
  const response = await fetch(url)
  await openPicture(editor, await response.blob(), name)
}

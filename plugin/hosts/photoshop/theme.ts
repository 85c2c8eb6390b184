import { getBrightness, play } from './descriptors.ts'
import type { Action } from './photoshop-api.ts'
import type { HostDocumentNode } from './uxp-api.ts'

type Theme = 'light' | 'dark'

/** Photoshop's own brightness, as a theme. The system's may differ. */
export interface ThemeWatch {
  readonly theme: () => Theme
}

/** Milliseconds between two looks where Photoshop does not tell. */
const LOOK_EVERY = 3000

interface ThemeParts {
  readonly document: HostDocumentNode
  readonly action: Action
  readonly later: (milliseconds: number, action: () => void) => () => void
  readonly changed: () => void
}

/** Follows the theme: by the document's, where this version has it, else by the program's brightness setting. */
export function watchTheme({ document, action, later, changed }: ThemeParts): ThemeWatch {
  let theme: Theme = 'dark'
  const set = (next: Theme) => {
    if (next === theme) return
    theme = next
    changed()
  }
  const { theme: own } = document
  if (own !== undefined) {
    theme = themeOf(own.getCurrent())
    own.onUpdated.addListener((name) => set(themeOf(name)))
    return { theme: () => theme }
  }

  async function look() {
    try {
      const [reply] = await play(action, getBrightness)
      const level = reply?.kuiBrightnessLevel
      if (typeof level === 'object' && level !== null)
        set(isLightLevel(String(Reflect.get(level, '_value'))) ? 'light' : 'dark')
    } catch {
      // Photoshop is busy; the theme stays as it was until the next look.
    }
    later(LOOK_EVERY, () => void look())
  }
  void look()
  return { theme: () => theme }
}

/** darkest, dark, light, lightest. */
const themeOf = (name: string): Theme => (name.startsWith('light') ? 'light' : 'dark')

/** Two of the four panel colours are light; "original" is the lightest. */
const isLightLevel = (level: string): boolean =>
  level === 'kPanelBrightnessLightGray' || level === 'kPanelBrightnessOriginal'

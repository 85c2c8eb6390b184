import type { ReactNode } from 'react'
import { Provider, defaultTheme } from './controls.tsx'
import { useAppState } from './use-app.ts'

interface ThemedProviderProps {
  readonly children: ReactNode
  /** The editor's own theme, where it need not be the system's. */
  readonly editorTheme?: 'light' | 'dark'
}

/** Dark or light as a person chose, or as their editor or system is. */
export function ThemedProvider({ children, editorTheme }: ThemedProviderProps) {
  const chosen = useAppState(({ settings }) => settings.theme)
  const theme = chosen === 'system' ? editorTheme : chosen
  return (
    <Provider theme={defaultTheme} height="100%" {...(theme === undefined ? {} : { colorScheme: theme })}>
      {children}
    </Provider>
  )
}

import type { ReactNode } from 'react'
import { Provider, defaultTheme } from './controls.tsx'
import { useAppState } from './use-app.ts'

/** Dark or light as a person chose, or as their system is. */
export function ThemedProvider({ children }: { readonly children: ReactNode }) {
  const theme = useAppState(({ settings }) => settings.theme)
  return (
    <Provider theme={defaultTheme} height="100%" {...(theme === 'system' ? {} : { colorScheme: theme })}>
      {children}
    </Provider>
  )
}

import { createRoot } from 'react-dom/client'
import { Provider, Text, defaultTheme } from '../ui/controls.tsx'

const root = document.getElementById('root')
if (root === null) throw new Error('Bug: the page has no #root')
createRoot(root).render(
  <Provider theme={defaultTheme} height="100%">
    <Text>Marquee</Text>
  </Provider>
)

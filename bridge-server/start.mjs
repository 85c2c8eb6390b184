// What `npm start` runs: sets up what is missing or stale, then runs the server in this process.
import { checkNode, ensurePackages, ensurePanel } from './setup.mjs'

checkNode()
ensurePackages()
ensurePanel()
const { register } = await import('tsx/esm/api')
register()
await import('./main.ts')

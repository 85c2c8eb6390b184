// What `npm start` runs: sets up what is missing or stale, then runs the server in this process.
import { checkNode, ensurePackages, ensurePanel } from './setup.mjs'

checkNode()
ensurePackages()
ensurePanel()
await import('./typescript-with-schemas.mjs')
await import('./main.ts')

#!/usr/bin/env node
// What `npx marquee` runs: sets up what is missing, then the server (`serve`) or the command line.
import { checkNode, ensurePackages, ensurePanel } from './setup.mjs'

checkNode()
ensurePackages()
const isServer = process.argv[2] === 'serve'
if (isServer) ensurePanel()
await import('./typescript-with-schemas.mjs')
await import(isServer ? './main.ts' : './cli.ts')

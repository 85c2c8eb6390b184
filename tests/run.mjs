// What `npm test` runs: sets up what is missing, then runs every check and test.
import { spawnSync } from 'node:child_process'
import { checkNode, ensurePackages } from '../bridge-server/setup.mjs'

checkNode()
ensurePackages()
const { status } = spawnSync(process.execPath, ['--import', 'tsx', 'tests/run.ts'], { stdio: 'inherit' })
process.exitCode = status ?? 1

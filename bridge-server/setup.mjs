// What a fresh clone needs before anything of it runs, with nothing but Node: packages, and the built panel.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const wanted = [20, 19]

/** Ends the process with a sentence where this Node is too old. */
export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > wanted[0] || (major === wanted[0] && minor >= wanted[1])) return
  console.error(
    `Marquee needs Node ${wanted.join('.')} or newer; this is Node ${process.versions.node}. Get it at https://nodejs.org.`
  )
  process.exit(1)
}

/** Installs what package-lock.json names, where something is missing. */
export function ensurePackages() {
  if (packagesAreInstalled()) return
  const endTurn = waitForMyTurn()
  if (!packagesAreInstalled()) {
    console.error('Installing packages (the first time takes a minute) …')
    // onnxruntime's installer would fetch gigabytes of CUDA where it sees nvcc.
    run('npm', ['ci', '--include=dev'], { ONNXRUNTIME_NODE_INSTALL: 'skip' })
  }
  endTurn()
}

/** Builds the panel, where its sources changed since it was built. */
export function ensurePanel() {
  const inputs = [
    'plugin',
    'bridge-server/protocol',
    'bridge-server/image',
    'vite.config.ts',
    'tsconfig.json',
    'package-lock.json'
  ]
  const stamp = path.join(project, 'dist', 'panel.inputs')
  const state = stateOf(inputs)
  if (textOf(stamp) === state && textOf(path.join(project, 'dist', 'panel', 'index.html')) !== null) return
  console.error('Building the panel …')
  run('npx', ['--no-install', 'vite', 'build', '--logLevel', 'warn'])
  mkdirSync(path.dirname(stamp), { recursive: true })
  writeFileSync(stamp, state)
}

/** `npm start` and `npm test` at the same time would pull the packages from under each other: the second waits for the first. */
function waitForMyTurn() {
  const turn = path.join(project, '.cache', 'setting-up')
  mkdirSync(path.dirname(turn), { recursive: true })
  let isTold = false
  for (;;)
    try {
      writeFileSync(turn, String(process.pid), { flag: 'wx' })
      const end = () => rmSync(turn, { force: true })
      // Where the installation fails the process ends.
      process.once('exit', end)
      return () => {
        process.off('exit', end)
        end()
      }
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      const pid = Number(textOf(turn))
      if (!isRunning(pid)) {
        rmSync(turn, { force: true })
        continue
      }
      if (!isTold) console.error(`Process ${pid} installs packages; if it does not, delete ${turn}.`)
      isTold = true
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
    }
}

/** Whoever has just begun has not written its number yet, and counts. */
function isRunning(pid) {
  try {
    return pid === 0 || process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Whether npm has installed every package of package-lock.json in its version; packages for other platforms may be missing. */
function packagesAreInstalled() {
  const installed = textOf(path.join(project, 'node_modules', '.package-lock.json'))
  if (installed === null) return false
  const found = JSON.parse(installed).packages
  const wanted = JSON.parse(readFileSync(path.join(project, 'package-lock.json'), 'utf8')).packages
  return Object.entries(wanted).every(
    ([name, { version, optional }]) => name === '' || optional === true || found[name]?.version === version
  )
}

/** Stands for the contents of files and folders. */
function stateOf(inputs) {
  const hash = createHash('sha256')
  const add = (name) => {
    const file = path.join(project, name)
    if (statSync(file).isDirectory())
      for (const inner of readdirSync(file).sort()) add(path.join(name, inner))
    else hash.update(`${name}\n`).update(readFileSync(file))
  }
  for (const input of inputs) add(input)
  return hash.digest('hex')
}

function textOf(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}

/** Runs a program with its output on standard error: standard output is for the line that says where Marquee is. */
function run(program, args, env = {}) {
  const { status, error } = spawnSync(program, args, {
    cwd: project,
    stdio: ['inherit', 2, 2],
    env: { ...process.env, ...env },
    // npm and npx are scripts on Windows.
    shell: process.platform === 'win32'
  })
  if (status === 0) return
  console.error(error?.message ?? `${program} ${args.join(' ')} failed; its messages above say why.`)
  process.exit(1)
}

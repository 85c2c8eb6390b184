import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'

const onLinux = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge']
const onMac = ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`
)
const onWindows = ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe']

const inPath = (names: readonly string[]): readonly string[] =>
  (process.env.PATH ?? '').split(':').flatMap((folder) => names.map((name) => path.join(folder, name)))

/** Path of an installed Chrome, Chromium or Edge, or null. */
export function findBrowser(): string | null {
  const candidates = {
    linux: () => inPath(onLinux),
    darwin: () => onMac,
    win32: () =>
      [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA].flatMap(
        (folder) => (folder === undefined ? [] : onWindows.map((file) => path.join(folder, file)))
      )
  }
  const platform = process.platform
  const list =
    platform === 'linux' || platform === 'darwin' || platform === 'win32' ? candidates[platform]() : []
  return list.find((file) => existsSync(file)) ?? null
}

/** The installed browser, or one that the system's package manager installs; null where there is no such way. */
export function ensureBrowser(): string | null {
  if (findBrowser() === null) install('Chromium', ['chromium'])
  return findBrowser()
}

/** WebKitGTK, its driver, and a screen that needs no monitor are installed. */
export const findWebKit = (): boolean =>
  process.platform === 'linux' && ['WebKitWebDriver', 'Xvfb'].every((name) => inPath([name]).some(existsSync))

/** The same, installed by the system's package manager where it may. */
export function ensureWebKit(): boolean {
  if (!findWebKit()) install('WebKit', ['webkit2gtk-driver', 'xvfb'])
  return findWebKit()
}

/** Debian and Ubuntu, as root, are where an engine can be had by a command. */
export const canInstall = (): boolean => aptGet() !== undefined && process.getuid?.() === 0

const aptGet = (): string | undefined => ['/usr/bin/apt-get', '/bin/apt-get'].find((file) => existsSync(file))

/** Where it fails, what was to be installed is not there: the caller looks. */
function install(name: string, packages: readonly string[]): void {
  const apt = aptGet()
  if (apt === undefined || !canInstall()) return
  process.stderr.write(`${name} was not found; installing it with the system’s package manager …\n`)
  const options = { stdio: ['ignore', 'ignore', 'inherit'] as ['ignore', 'ignore', 'inherit'] }
  spawnSync(apt, ['update', '-qq'], options)
  spawnSync(apt, ['install', '-y', '-qq', '--no-install-recommends', ...packages], options)
}

/** Flags for a browser that talks to this machine only. */
export const browserFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

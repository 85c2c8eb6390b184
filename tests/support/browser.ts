import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'

const onLinux = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge']
const onMac = ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`
)
const onWindows = ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe']

/** Path of an installed Chrome, Chromium or Edge, or null. */
export function findBrowser(): string | null {
  const candidates = {
    linux: () =>
      (process.env.PATH ?? '').split(':').flatMap((folder) => onLinux.map((name) => path.join(folder, name))),
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
  const found = findBrowser()
  if (found !== null) return found
  const apt = ['/usr/bin/apt-get', '/bin/apt-get'].find((file) => existsSync(file))
  if (apt === undefined || process.getuid?.() !== 0) return null
  process.stderr.write('No browser found; installing Chromium with the system’s package manager …\n')
  const options = { stdio: ['ignore', 'ignore', 'inherit'] as ['ignore', 'ignore', 'inherit'] }
  execFileSync(apt, ['update', '-qq'], options)
  execFileSync(apt, ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], options)
  return findBrowser()
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

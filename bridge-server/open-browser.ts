import { spawn } from 'node:child_process'

/** Opens `address` in the person's browser. Calls back where that is not possible: the address is on the screen anyway. */
export function openBrowser(address: string, failed: (error: Error) => void): void {
  const [command, ...args] = commandFor(address)
  const child = spawn(command, args, { stdio: 'ignore', detached: true })
  child.on('error', failed)
  child.unref()
}

function commandFor(address: string): [string, ...string[]] {
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', address]
  return [process.platform === 'darwin' ? 'open' : 'xdg-open', address]
}

import { tmpdir } from 'node:os'

/** Vulkan's loader wants a folder for its sockets, which services and containers often have not. */
export const driverEnv = (
  env: Readonly<Record<string, string | undefined>>
): Readonly<Record<string, string | undefined>> =>
  process.platform === 'linux' ? { ...env, XDG_RUNTIME_DIR: env.XDG_RUNTIME_DIR ?? tmpdir() } : env

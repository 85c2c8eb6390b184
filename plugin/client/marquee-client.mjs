import { tsImport } from 'tsx/esm/api'

// Node reads no TypeScript inside packages.
export const { CodedError, connect, newRequest } = await tsImport('./marquee-client.ts', import.meta.url)

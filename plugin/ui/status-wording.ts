import type { MemoryReport } from '#protocol/compute.ts'
import type { ConnectedToken, ServerStatus } from '#protocol/status.ts'
import { bytesWords } from './model-wording.ts'
import { durationWords } from './wording.ts'

/** The facts about the server in the order in which a person looks for them, each with its name. */
export function statusLines(status: ServerStatus): readonly (readonly [string, string])[] {
  const { jobs, memory, disk, sockets } = status
  return [
    ['Jobs', jobs.running + jobs.waiting === 0 ? 'None' : `${jobs.running} running, ${jobs.waiting} waiting`],
    ...deviceLines(status),
    ['Engine', engineWords(status.engine, status.time)],
    ['Memory', `${bytesWords(memory.free)} free of ${bytesWords(memory.total)}`],
    ['Disk', `${bytesWords(disk.pictures)} of pictures, ${bytesWords(disk.free)} free`],
    ['Connected', `${sockets} with your link`],
    ['Running for', durationWords(status.uptimeSeconds)],
    ['Version', status.version]
  ]
}

/** The device with its precision, why the faster kinds are not used, and what open networks take of their memory. */
function deviceLines({ device, compute }: ServerStatus): readonly (readonly [string, string])[] {
  const { device: report, memory, networks } = compute
  if (report === null) return [['Device', device]]
  const left = report.trials.filter(({ verdict }) => verdict !== 'used')
  const elsewhere = networks.filter(({ reason }) => reason !== null)
  return [
    ['Device', `${device}, ${report.precision === 'fp16' ? 'half precision' : 'float32'}`],
    ...left.map(({ device: other, reason }) => [`Not ${other}`, reason] as const),
    ...elsewhere.map(
      ({ network, device: other, precision, reason }) =>
        [network, `on ${other} in ${precision}: ${reason ?? ''}`] as const
    ),
    ...(memory === null ? [] : [['Networks', networksWords(memory)] as const])
  ]
}

function networksWords({ networks, room, limit }: MemoryReport): string {
  const words = `${bytesWords(networks)} of ${bytesWords(limit)}`
  return room < limit ? `${words}; other programs leave ${bytesWords(room)}` : words
}

function engineWords({ state, ends }: ServerStatus['engine'], now: number): string {
  const last = ends.at(-1)
  const words = state === 'running' ? 'Running' : 'Starts with the next job'
  if (last === undefined) return words
  const times = ends.length === 1 ? 'once' : `${ends.length} times`
  return `${words}; ended unasked ${times}, last ${durationWords((now - last.at) / 1000)} ago (${last.reason})`
}

export function tokenWords({ created, sockets }: ConnectedToken): string {
  const since = new Date(created).toISOString().slice(0, 10)
  return sockets === 0 ? `not connected, since ${since}` : `connected, since ${since}`
}

// Loaded into every process of a server under test (NODE_OPTIONS=--import): makes a process end at the very point that a
// job's id names, which no watcher from outside could hit. An id is `victim_how_point_times_serial`:
//   victim  engine, server, both
//   how     a signal, abort, exit, truncate (cuts the weights of the model `victim` and goes on)
//   point   in the engine: run, loading, encoding, sampling-N, decoding, storing, before-done, after-done
//           in the server: before-T and after-T for a message of type T on a socket, as telling-queued, told-done
//   times   how many attempts end that way
import { appendFileSync, promises, statSync, truncateSync } from 'node:fs'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import path from 'node:path'

const folder = process.env.MARQUEE_FAULTS
const entry = path.basename(process.argv[1] ?? '')
if (folder !== undefined && entry === 'engine-process.ts') watchEngine()
if (folder !== undefined && entry === 'main.ts') watchServer()

/** Ends what the job's id says if this is the point, and as often as it says. */
function reach(id, point) {
  const [victim, how, where, times] = id.split('_')
  if (where !== point) return
  const tally = path.join(folder, id)
  if ((statSync(tally, { throwIfNoEntry: false })?.size ?? 0) >= Number(times)) return
  appendFileSync(tally, 'x')
  if (how === 'truncate') {
    truncateSync(process.env.MARQUEE_VICTIM, 8192)
    return
  }
  const server = entry === 'main.ts' ? process.pid : process.ppid
  if (victim !== 'engine') process.kill(server, how)
  if (victim === 'server') return
  if (how === 'abort') process.abort()
  if (how === 'exit') process.exit(3)
  process.kill(process.pid, how)
}

function watchEngine() {
  let job = ''
  const send = process.send.bind(process)
  const emit = process.emit.bind(process)
  process.emit = (event, ...values) => {
    if (event === 'message' && values[0]?.type === 'run') {
      job = values[0].job.id
      reach(job, 'run')
    }
    return emit(event, ...values)
  }
  process.send = (message, ...rest) => {
    if (message.type === 'progress') {
      const { phase, step } = message.progress
      // The word comes before anything is stored; the point is in the middle of it, below.
      if (phase !== 'storing') reach(job, phase === 'sampling' ? `sampling-${step}` : phase)
    }
    if (message.type !== 'done') return send(message, ...rest)
    reach(job, 'before-done')
    return send(message, () => reach(job, 'after-done'))
  }
  // A blob that is new gets its name; one that is known gets a new date.
  for (const name of ['rename', 'utimes']) {
    const act = promises[name]
    promises[name] = (file, ...rest) => {
      const blob = name === 'rename' ? rest[0] : file
      if (path.basename(blob).length === 64) reach(job, 'storing')
      return act(file, ...rest)
    }
  }
  syncBuiltinESMExports()
}

function watchServer() {
  const { WebSocket } = createRequire(import.meta.url)('ws')
  const send = WebSocket.prototype.send
  WebSocket.prototype.send = function (text) {
    const { type, jobId } = JSON.parse(text)
    if (jobId === undefined) return send.call(this, text)
    reach(jobId, `telling-${type}`)
    return send.call(this, text, () => reach(jobId, `told-${type}`))
  }
}

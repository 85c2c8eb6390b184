import { isRunning, isUnderWay, type Task } from './task.ts'

/** Files that are fetched at once; more only share the same line. */
const mostAtOnce = 2

/** Downloads that are not over, by the ids of their entries; those that wait run in their order, a few at once. */
export interface TaskLine {
  find(id: string): Task | undefined
  /** Bytes that those which run or wait have yet to fetch, but for one. */
  ahead(but: string): number
  /** Keeps a paused one. */
  keep(task: Task): void
  /** Puts a task at the end, in the place of the one that its entry had. */
  add(task: Task): void
  /** Pauses a task; resolves with it when nothing of it runs any more, with null where there is none. */
  stop(id: string): Promise<Task | null>
  forget(id: string): void
  /** Resolves when an entry's download is not under way: with the task where it has stopped, with null where it is over. */
  whenStill(id: string): Promise<Task | null>
  /** Pauses everything, and begins nothing more. */
  close(): Promise<void>
}

interface LineParts {
  /** Does one task's whole work. */
  readonly run: (task: Task) => Promise<void>
  readonly report: (error: unknown) => void
}

export function createTaskLine({ run, report }: LineParts): TaskLine {
  const tasks = new Map<string, Task>()
  const listeners = new Set<() => void>()
  let isClosed = false

  const tell = (): void => {
    for (const listener of listeners) listener()
  }

  const begin = async (task: Task): Promise<void> => {
    task.begin()
    try {
      await run(task)
      tasks.delete(task.entry.id)
    } catch (error) {
      task.ended(error)
      if (task.bug() !== null) report(task.bug())
    }
    pump()
    tell()
  }

  function pump(): void {
    const all = [...tasks.values()]
    const free = isClosed ? 0 : Math.max(0, mostAtOnce - all.filter(isRunning).length)
    for (const task of all.filter((each) => each.state() === 'waiting').slice(0, free))
      task.running = begin(task)
  }

  return {
    find: (id) => tasks.get(id),
    ahead: (but) =>
      [...tasks.values()]
        .filter((task) => isUnderWay(task) && task.entry.id !== but)
        .reduce((sum, task) => sum + task.left(), 0),
    keep: (task) => void tasks.set(task.entry.id, task),
    add: (task) => {
      if (isClosed) return
      task.wait()
      tasks.delete(task.entry.id)
      tasks.set(task.entry.id, task)
      pump()
    },
    async stop(id) {
      const task = tasks.get(id)
      task?.pause()
      await task?.running
      tell()
      return task ?? null
    },
    forget: (id) => {
      tasks.delete(id)
      tell()
    },
    whenStill: (id) =>
      new Promise((resolve) => {
        const look = (): void => {
          const task = tasks.get(id)
          if (isUnderWay(task)) return
          listeners.delete(look)
          resolve(task ?? null)
        }
        listeners.add(look)
        look()
      }),
    async close() {
      isClosed = true
      for (const task of tasks.values()) task.pause()
      await Promise.all([...tasks.values()].map(({ running }) => running))
      tell()
    }
  }
}

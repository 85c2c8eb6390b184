import type { Core, ExecutionContext } from '../../../plugin/hosts/photoshop/photoshop-api.ts'
import { onlyKeys, strict, SimUnsupported } from './strict.ts'
import { openDocument, type World } from './world.ts'

/** `require('photoshop').core`: modal scopes and the history they suspend. */
export function createCore(world: World): Core {
  const busy = (): Error =>
    Object.assign(
      new Error(
        world.knobs.busy === 'legacy'
          ? 'host is in a modal state'
          : `Plugin: ${world.busyWith ?? world.scope?.name ?? ''} is running a modal command`
      ),
      { number: 9 }
    )

  return strict('core', {
    async executeAsModal<T>(
      work: (context: ExecutionContext) => Promise<T>,
      options: { readonly commandName: string }
    ): Promise<T> {
      onlyKeys('executeAsModal', options, ['commandName'], ['timeOut'])
      if (options.commandName === '') throw new Error('commandName is required')
      // Photoshop takes a second call from beside the first one for a stranger's.
      if (world.busyWith !== null || world.scope !== null) throw busy()
      const scope = {
        name: options.commandName,
        isCancelled: false,
        isOver: false,
        autoClose: new Set<number>()
      }
      world.scope = scope
      const suspended = new Set<number>()
      const context = contextOf(world, scope, suspended)
      try {
        const value = await world.inScope.run(scope, () => work(context))
        end(world, suspended, !scope.isCancelled)
        if (scope.isCancelled) throw new Error('The user cancelled the operation.')
        return value
      } catch (error) {
        end(world, suspended, false)
        throw error
      } finally {
        scope.isOver = true
        for (const id of scope.autoClose) closeSilently(world, id)
        world.scope = null
      }
    },
    suppressResizeGripper(options: {
      readonly type: string
      readonly target: string
      readonly value: boolean
    }) {
      onlyKeys('suppressResizeGripper', options, ['type', 'target', 'value'])
      return Promise.resolve()
    }
  })
}

function contextOf(
  world: World,
  scope: NonNullable<World['scope']>,
  suspended: Set<number>
): ExecutionContext {
  const alive = (): void => {
    if (scope.isOver) world.faults.push(`the context of “${scope.name}” was used after its end`)
  }
  const hostControl = strict('hostControl', {
    suspendHistory(options: { readonly documentID: number; readonly name: string }) {
      alive()
      onlyKeys('suspendHistory', options, ['documentID', 'name'])
      const document = openDocument(world, options.documentID)
      if (document.suspended !== null) throw new Error('history is already suspended')
      document.suspended = { name: options.name, before: document.state }
      suspended.add(document.id)
      return Promise.resolve({ documentID: document.id })
    },
    resumeHistory(suspension: unknown, commit: boolean) {
      alive()
      const id: unknown = Reflect.get(Object(suspension), 'documentID')
      resume(world, openDocument(world, id).id, commit)
      suspended.delete(Number(id))
      return Promise.resolve()
    },
    registerAutoCloseDocument(id: number) {
      alive()
      scope.autoClose.add(openDocument(world, id).id)
      return Promise.resolve()
    },
    unregisterAutoCloseDocument(id: number) {
      alive()
      if (!scope.autoClose.delete(openDocument(world, id).id))
        throw new SimUnsupported(`unregistering of document ${id}, which was not registered`)
      return Promise.resolve()
    }
  })
  const context = {}
  // Not enumerable, as in Photoshop: a spread loses everything.
  Object.defineProperty(context, 'isCancelled', { get: () => scope.isCancelled })
  Object.defineProperty(context, 'hostControl', { value: hostControl })
  return strict('executionContext', context) as ExecutionContext
}

function resume(world: World, id: number, commit: boolean): void {
  const document = world.documents.find((open) => open.id === id)
  if (document === undefined || document.suspended === null) return
  const { name, before } = document.suspended
  document.suspended = null
  if (!commit) document.state = before
  else if (document.state !== before)
    document.history.push({ id: world.nextId(), name, state: document.state })
}

const end = (world: World, suspended: ReadonlySet<number>, commit: boolean): void => {
  for (const id of suspended) resume(world, id, commit)
}

export function closeSilently(world: World, id: number): void {
  const at = world.documents.findIndex((document) => document.id === id)
  if (at < 0) return
  world.documents.splice(at, 1)
  if (world.activeId === id) world.activeId = world.documents.at(-1)?.id ?? null
}

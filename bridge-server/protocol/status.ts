import { ComputeStatus } from './compute.ts'
import { Flag, Integer, List, Literal, Null, Num, Struct, Text, Union, type Static } from './schema.ts'

/** Who answers: `GET /health`, for anybody. */
export const Health = Struct({ name: Literal('marquee'), version: Text(), protocol: Integer() })

/** An end of the engine's process that nobody had asked for. */
export const EngineEnd = Struct({
  /** Milliseconds since 1970. */
  at: Integer(),
  /** A signal's name, or an exit code in words. */
  reason: Text()
})
export type EngineEnd = Static<typeof EngineEnd>

/** A token, and the panels and programs that are connected with it. */
export const ConnectedToken = Struct({
  id: Text(),
  name: Text(),
  /** Milliseconds since 1970. */
  created: Integer(),
  sockets: Integer()
})
export type ConnectedToken = Static<typeof ConnectedToken>

/** How the server is: `GET /api/status`. */
export const ServerStatus = Struct({
  version: Text(),
  protocol: Integer(),
  /** The server's clock, milliseconds since 1970. */
  time: Integer(),
  uptimeSeconds: Num(),
  /** Where the arithmetic happens. */
  device: Text(),
  compute: ComputeStatus,
  /** Of everybody. */
  jobs: Struct({ waiting: Integer(), running: Integer() }),
  engine: Struct({
    state: Union([Literal('asleep'), Literal('running')]),
    /** Processes that were started since the server was. */
    starts: Integer(),
    /** The latest are last; at most ten. */
    ends: List(EngineEnd)
  }),
  /** Bytes of the computer's memory. */
  memory: Struct({ server: Num(), free: Num(), total: Num() }),
  /** Bytes of the data folder's disk; `pictures` are those that jobs name. */
  disk: Struct({ pictures: Num(), free: Num() }),
  /** Of the token that asks. */
  sockets: Integer(),
  /** Of others; null: only the owner sees them. */
  tokens: Union([List(ConnectedToken), Null()]),
  /** Who asked may revoke tokens. */
  mayChange: Flag()
})
export type ServerStatus = Static<typeof ServerStatus>

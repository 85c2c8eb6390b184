/** One request to the API, as its server hands it over. */
export interface Call {
  /** Whose jobs and options these are: the key of a client (jobs/queue.ts). */
  readonly client: string
  /** JSON, undefined where nothing was sent. */
  readonly body: unknown
  readonly query: Readonly<Record<string, unknown>>
  /** Aborted when whoever asked has gone. */
  readonly signal: AbortSignal
}

export interface Route {
  readonly method: 'GET' | 'POST'
  readonly url: string
  /** Resolves to JSON. Rejects with AppError, which names the field where one is wrong. */
  readonly answer: (call: Call) => unknown
}

/** What is used of a `Pool` of pg's. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>
  end(): Promise<void>
}

/** What is used of a connection out of the pool. */
export interface PostgresClient {
  query(query: PostgresQuery): Promise<{ readonly rows: unknown[] }>
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'end', listener: () => void): unknown
  on(event: 'notification', listener: (notification: PostgresNotification) => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
  removeListener(event: 'end', listener: () => void): unknown
  removeListener(event: 'notification', listener: (notification: PostgresNotification) => void): unknown
  /** `true` closes the connection instead of keeping it. */
  release(destroy?: boolean): void
}

/** A query as pg takes it. One with a name stays prepared in its connection. */
export interface PostgresQuery {
  readonly text: string
  readonly name?: string
  readonly values?: unknown[]
  readonly types?: { getTypeParser(oid: number): (text: string) => unknown }
}

/** What NOTIFY delivers to a connection that listens. */
export interface PostgresNotification {
  readonly channel: string
  readonly payload?: string | undefined
}

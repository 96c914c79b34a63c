import { randomUUID } from 'node:crypto'

const CORRELATION_ID = /^[\w.-]{1,128}$/

/** The client's own id where it has the form of one, so that its log and ours can be read side by side; else a new one. */
export const correlationIdFrom = (header: string | readonly string[] | undefined): string =>
  typeof header === 'string' && CORRELATION_ID.test(header) ? header : randomUUID()

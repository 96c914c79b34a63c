import type { IncomingMessage } from 'node:http'

/** Does a body come with this request, as far as its head says? */
export const hasBody = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

import { once } from 'node:events'
import { type LogLine, type Sightline, SightlineError } from '@sightline/core'
import { inertJson } from '@sightline/core/driver'
import { type Response, Router } from 'express'
import { refusePrototypeKey } from './json-body.ts'
import { toJsonSchema } from './json-schema.ts'
import { fromQuery, queryOf } from './query-input.ts'
import { contextOf } from './request-context.ts'

/** Lines of one download, at most. */
const MAX_LINES = 1_000_000
const PAGE = 500

interface Found {
  readonly items: readonly LogLine[]
  readonly next: string | null
}

/** A program for tables takes a cell that begins so for a formula, unless a quotation mark stands before it. */
const FORMULA = /^[\s]*[=+\-@\t\r]/

const toCell = (value: unknown): string => {
  const text = typeof value === 'string' ? value : value == null ? '' : (JSON.stringify(value) ?? '')
  return `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`
}

const COLUMNS = ['at', 'severity', 'service', 'message', 'traceId', 'fingerprint', 'fields', 'id'] as const

const FORMATS = {
  ndjson: {
    type: 'application/x-ndjson; charset=utf-8',
    head: '',
    toText: (line: LogLine): string => `${inertJson(JSON.stringify(line))}\n`,
  },
  csv: {
    type: 'text/csv; charset=utf-8',
    head: `${COLUMNS.join(',')}\r\n`,
    toText: (line: LogLine): string =>
      `${COLUMNS.map((column) => toCell(column === 'at' ? new Date(line.at).toISOString() : line[column])).join(',')}\r\n`,
  },
} as const

/** Resolves when the client has taken it. */
const write = async (response: Response, text: string, signal: AbortSignal): Promise<void> => {
  if (text !== '' && !response.write(text)) await once(response, 'drain', { signal })
}

/** `GET <prefix>/logs/export?format=ndjson|csv&…`: what `logs.search` finds, newest first, as one download of up to a million lines. */
export const logExportRoute = (
  { sightline }: { readonly sightline: Pick<Sightline, 'call' | 'operations'> },
  prefix: string,
): Router => {
  const router = Router()
  const search = sightline.operations.get('logs.search')
  if (search === undefined) return router
  const schema = toJsonSchema(search.input, 'input')

  router.get(`${prefix}/logs/export`, async (request, response) => {
    const { caller, signal, correlationId } = contextOf(response)
    const query = queryOf(request)
    const wanted = query.get('format') ?? 'ndjson'
    query.delete('format')
    if (wanted !== 'ndjson' && wanted !== 'csv') throw new SightlineError('INVALID_INPUT', 'format must be ndjson or csv.')
    const format = FORMATS[wanted]
    const input = fromQuery(query, schema)
    refusePrototypeKey(input)
    const as = await caller()
    const load = async (cursor?: string): Promise<Found> =>
      (await sightline.call({
        operation: 'logs.search',
        input: { ...(input as object), limit: PAGE, ...(cursor === undefined ? {} : { cursor }) },
        as,
        signal,
        correlationId,
      })) as Found

    let page = await load()
    response.setHeader('Content-Type', format.type)
    response.setHeader('Content-Disposition', `attachment; filename="logs.${wanted}"`)
    response.setHeader('Cache-Control', 'no-store')
    response.setHeader('X-Content-Type-Options', 'nosniff')
    await write(response, format.head, signal)
    for (let written = 0; ; page = await load(page.next ?? undefined)) {
      await write(response, page.items.map(format.toText).join(''), signal)
      written += page.items.length
      if (page.next === null || written >= MAX_LINES) break
    }
    response.end()
  })
  return router
}

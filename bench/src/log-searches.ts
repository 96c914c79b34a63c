import { createPicker, ORDERS, SERVICE_COUNT, serviceOf, USERS, wordOf } from './log-lines.ts'

/** Calls an operation. */
export type Call = (operation: string, input: unknown) => Promise<unknown>

interface Found {
  readonly items: readonly { readonly traceId?: string | null }[]
  readonly next: string | null
  readonly isComplete: boolean
}

/** What one search took, and whether it saw all it was to see. */
export interface SearchFigure {
  readonly name: string
  readonly tookMs: number
  readonly found: number
  readonly isComplete: boolean
}

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const LIMIT = 100

interface SearchesOptions {
  readonly call: Call
  /** Of the oldest and of the newest line, ms since the Unix epoch. */
  readonly from: number
  readonly to: () => number
  readonly seed: number
}

/** Searches as people make them, with other words, services and times each time. */
export const createLogSearches = ({ call, from, to, seed }: SearchesOptions) => {
  const { below, share } = createPicker(seed)
  const service = () => serviceOf(below(SERVICE_COUNT))
  const hourAgo = (): { from: number; to: number } => {
    const at = Math.floor(from + share() * (to() - from - HOUR_MS))
    return { from: at, to: at + HOUR_MS }
  }

  const search = (filter: () => object) => async () => (await call('logs.search', { limit: LIMIT, ...filter() })) as Found
  /** The second page, measured without the first. */
  const secondPage = (filter: () => object) => ({
    prepare: async () => {
      const wanted = { limit: LIMIT, ...filter() }
      const { next } = (await call('logs.search', wanted)) as Found
      return { ...wanted, ...(next === null ? {} : { cursor: next }) }
    },
    run: async (wanted: unknown) => (await call('logs.search', wanted)) as Found,
  })
  const counted = (operation: string, input: () => object) => async (): Promise<Found> => {
    const answer = (await call(operation, input())) as { items?: readonly []; counts?: Record<string, readonly number[]> }
    const steps = Object.values(answer.counts ?? {}).flat()
    return { items: answer.items ?? steps.filter((count) => count > 0).map(() => ({})), next: null, isComplete: true }
  }
  const traceOfLine = {
    prepare: async () => {
      const { items } = (await call('logs.search', { limit: 50, fields: { method: 'get' }, ...hourAgo() })) as Found
      return { limit: LIMIT, traceId: items[below(items.length)]?.traceId ?? 'none' }
    },
    run: async (wanted: unknown) => (await call('logs.search', wanted)) as Found,
  }

  type Search = (() => Promise<Found>) | { prepare(): Promise<unknown>; run(prepared: unknown): Promise<Found> }
  const searches: Readonly<Record<string, Search>> = {
    newest: search(() => ({})),
    'text, frequent': search(() => ({ text: wordOf(below(5)) })),
    'text, two frequent words': search(() => ({ text: `${wordOf(below(12))} ${wordOf(12 + below(12))}` })),
    'text, four frequent words': search(() => ({
      text: `${wordOf(below(12))} ${wordOf(12 + below(12))} ${wordOf(30)} ${wordOf(31)}`,
    })),
    'text, middling word': search(() => ({ text: wordOf(500 + below(500)) })),
    'text, rare word': search(() => ({ text: wordOf(15_000 + below(5_000)) })),
    'text, one order': search(() => ({ text: `order ${below(ORDERS)}` })),
    'text that is nowhere': search(() => ({ text: `nowhere${below(1_000)}` })),
    'text, frequent words never together': search(() => ({ text: 'login failed' })),
    'text, frequent, in an hour': search(() => ({ text: wordOf(below(5)), ...hourAgo() })),
    'text in errors of a service': search(() => ({ text: wordOf(below(30)), service: service(), minSeverity: 'error' })),
    'text in a rare service': search(() => ({ text: wordOf(below(30)), service: serviceOf(SERVICE_COUNT - 1 - below(5)) })),
    service: search(() => ({ service: service() })),
    'service in an hour': search(() => ({ service: service(), ...hourAgo() })),
    errors: search(() => ({ minSeverity: 'error' })),
    'fatal in a rare service': search(() => ({ minSeverity: 'fatal', service: serviceOf(SERVICE_COUNT - 1) })),
    'info and worse of a service': search(() => ({ minSeverity: 'info', service: service() })),
    'warnings in an hour': search(() => ({ minSeverity: 'warn', ...hourAgo() })),
    'an hour': search(hourAgo),
    'field, rare': search(() => ({ fields: { userId: String(below(USERS)) } })),
    'field, frequent': search(() => ({ fields: { status: '500', host: `node-${below(60)}` } })),
    'a trace': traceOfLine,
    'second page of a frequent word': secondPage(() => ({ text: wordOf(below(5)) })),
    'second page of a service': secondPage(() => ({ service: service() })),
    'volume of all': counted('logs.volume', () => ({ from: to() - 6 * DAY_MS, to: to() })),
    'volume of a service in an hour': counted('logs.volume', () => ({ service: service(), ...hourAgo() })),
    'grouped errors': counted('logs.errors', () => ({})),
    'grouped errors of a service': counted('logs.errors', () => ({ service: service() })),
  }

  const names = Object.keys(searches)
  /** `dueAt`: when somebody asked, on the monotonic clock; what kept the process from beginning counts. */
  const run = async (name: string, dueAt?: number): Promise<SearchFigure> => {
    const wanted = searches[name] as Search
    const prepared = typeof wanted === 'function' ? undefined : await wanted.prepare()
    const startedAt = typeof wanted === 'function' && dueAt !== undefined ? dueAt : performance.now()
    const found = await (typeof wanted === 'function' ? wanted() : wanted.run(prepared))
    return { name, tookMs: performance.now() - startedAt, found: found.items.length, isComplete: found.isComplete }
  }
  return { names, run }
}

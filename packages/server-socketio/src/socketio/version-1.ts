import { SightlineError } from '@sightline/core'
import type { CallRequest, Subscribed, SubscribeRequest } from '@sightline/core/ports'
import { type ApiDescription, type Frame, type Listing, type MetricsSnapshot, spellName } from '@sightline/core/protocol'
import { readSource } from './wire-payload.ts'

/** What the events of version 1 need of the session they came from. */
export interface Version1Session {
  subscribe(request: SubscribeRequest): Promise<Subscribed>
  unsubscribe(request: Pick<SubscribeRequest, 'topic' | 'params' | 'variant'>): void
  call(request: CallRequest): Promise<unknown>
  apis(): readonly ApiDescription[]
  /** Resolves when it is on its way, so that a client with many apis is sent one after the other as it reads. */
  emit(event: 'metrics:data', payload: object): Promise<void>
  /** An error of one of several apis that does not fail the event as a whole. */
  report(error: SightlineError, about: { readonly event: string; readonly source: string }): void
}

interface Target {
  readonly api: string
  readonly region: string
}

const iso = (atMs: number): string => new Date(atMs).toISOString()

const targetsOf = (
  apis: readonly ApiDescription[],
  { api, source }: { readonly api: string | undefined; readonly source: string },
): Target[] => {
  const targets = apis
    .filter(({ name, regions }) => (api === undefined || name === api) && regions.some((region) => region.name === source))
    .map(({ name }) => ({ api: name, region: source }))
  if (targets.length > 0) return targets
  const where = api === undefined ? 'No api' : `The api ${spellName(api)} is not configured, or`
  throw new SightlineError('UNKNOWN_REGION', `${where} has ${api === undefined ? 'a' : 'no'} region ${spellName(source)}.`)
}

const toDocument = ({ api, region, data, hash, createdAt, updatedAt }: MetricsSnapshot) => ({
  api,
  source: region,
  data,
  hash,
  createdAt: iso(createdAt),
  updatedAt: iso(updatedAt),
})

const getAll = async ({ call, apis, emit }: Version1Session, api: string | undefined): Promise<void> => {
  const names = apis().flatMap(({ name }) => (api === undefined || name === api ? [name] : []))
  if (names.length === 0 && api !== undefined)
    throw new SightlineError('UNKNOWN_REGION', `The api ${spellName(api)} is not configured.`)
  for (const name of names) {
    const data: object[] = []
    let cursor: string | null = null
    do {
      const input: object = { api: name, ...(cursor === null ? {} : { cursor }) }
      const page = (await call({ operation: 'metrics.list', input })) as Listing<MetricsSnapshot>
      data.push(...page.items.map(toDocument))
      cursor = page.next
    } while (cursor !== null)
    await emit('metrics:data', { api: name, data, count: data.length })
  }
}

/** Runs `act` for one target after the other, as the client reads. One that fails is reported; where all fail, the event fails with the first error. */
const forEach = async (
  { session, event, targets }: { readonly session: Version1Session; readonly event: string; readonly targets: readonly Target[] },
  act: (target: Target) => Promise<void>,
): Promise<void> => {
  const errors: SightlineError[] = []
  for (const target of targets) {
    await act(target).catch((thrown: unknown) => errors.push(SightlineError.from(thrown)))
  }
  const [first] = errors
  if (first === undefined) return
  if (errors.length === targets.length) throw first
  for (const error of errors) session.report(error, { event, source: targets[0]?.region ?? '' })
}

/** The events of version 1 by name. Each rejects with a `SightlineError`. */
export const version1Events = (session: Version1Session): Readonly<Record<string, (payload: unknown) => Promise<void>>> => ({
  'metrics:get': async (payload) => {
    const { api, source } = readSource(payload, { isRequired: false })
    if (source === undefined) return getAll(session, api)
    const { call, emit } = session
    await forEach({ session, event: 'metrics:get', targets: targetsOf(session.apis(), { api, source }) }, async (input) => {
      const { data, updatedAt } = (await call({ operation: 'metrics.get', input })) as MetricsSnapshot
      await emit('metrics:data', { api: input.api, source, data, updatedAt: iso(updatedAt) })
    })
  },
  'metrics:subscribe': async (payload) => {
    const { api, source = '' } = readSource(payload, { isRequired: true })
    await forEach(
      { session, event: 'metrics:subscribe', targets: targetsOf(session.apis(), { api, source }) },
      async (params) => {
        // Version 1 has no state on subscribing; who wants it asks `metrics:get`.
        await session.subscribe({ topic: 'metrics', params, variant: 'v1' })
      },
    )
  },
  'metrics:unsubscribe': async (payload) => {
    const { api, source = '' } = readSource(payload, { isRequired: true })
    for (const params of targetsOf(session.apis(), { api, source })) {
      session.unsubscribe({ topic: 'metrics', params, variant: 'v1' })
    }
  },
})

/** `metrics-update` for a frame of the topic `metrics`; null for one that version 1 has no words for. */
export const toMetricsUpdate = (frame: Frame): object | null => {
  if (frame.kind !== 'state' || frame.data === undefined) return null
  const { api, region, data, updatedAt } = frame.data as MetricsSnapshot
  return { api, source: region, data, timestamp: iso(updatedAt) }
}

import { createAuthority } from '../../../src/access/authority.ts'
import { allowAll } from '../../../src/access/policies.ts'
import type { Sample } from '../../../src/domain/sample.ts'
import { createEmitter } from '../../../src/emitter.ts'
import { SightlineError } from '../../../src/errors.ts'
import { createLead } from '../../../src/leadership.ts'
import { memoryStorage, memoryStore, timerScheduler } from '../../../src/memory/index.ts'
import { AUDIT } from '../../../src/operations/audit.ts'
import { createOperationRegistry } from '../../../src/operations/registry.ts'
import { createTickRouter } from '../../../src/polling/tick-router.ts'
import { silentLogger } from '../../../src/ports/logger.ts'
import type { Observation, Probe, ProbeKind } from '../../../src/ports/probe.ts'
import { SERVICE_COLLECTIONS } from '../../../src/services/service-record.ts'
import { createServicesPart, type ServicesDeps } from '../../../src/services/services-part.ts'
import { type TestClock, testClock } from '../../../src/testing/index.ts'
import type { TopicChange } from '../../../src/topics/topic-change.ts'

export type Store = ReturnType<typeof memoryStore>

/** Processes that hear each other, as on a bus. */
export type Network = Set<(type: string, payload: unknown, from: string) => void>

export interface Published {
  readonly team: string
  readonly name: string
  readonly change: { readonly params?: unknown } & TopicChange
}

/** A kind of probe whose answers a test decides, by the option `to`. */
export const scriptedKind = (name = 'scripted') => {
  const answers = new Map<string, (signal: AbortSignal) => Observation | Promise<Observation>>()
  const asked: { to: string; region: string; at: number }[] = []
  let open = 0
  let most = 0
  const inside = new Map<string, number>()
  const kind: ProbeKind<{ readonly to: string }> = {
    kind: name,
    parse: (raw) => {
      const { to, ...rest } = raw as { readonly to?: unknown; readonly headers?: unknown; readonly port?: unknown }
      const { headers: _headers, port: _port, password: _password, ...unknown } = rest as Record<string, unknown>
      const fields = [
        ...(typeof to === 'string' ? [] : [{ path: 'to', message: 'must be a text' }]),
        ...Object.keys(unknown).map((path) => ({ path, message: 'is not an option' })),
      ]
      if (fields.length > 0) throw new SightlineError('INVALID_CONFIG', 'The probe cannot be made.', { fields })
      return raw as { readonly to: string }
    },
    open: ({ to }): Probe => {
      open++
      return {
        collect: async ({ region, signal }) => {
          const id = `${to}/${region}`
          asked.push({ to, region, at: 0 })
          inside.set(id, (inside.get(id) ?? 0) + 1)
          most = Math.max(most, inside.get(id) ?? 0)
          try {
            return await (answers.get(to) ?? (() => up))(signal)
          } finally {
            inside.set(id, (inside.get(id) ?? 1) - 1)
          }
        },
        close: async () => {
          open--
        },
      }
    },
  }
  return {
    kind,
    asked,
    answers,
    /** Of one target at once, at most. */
    get most() {
      return most
    },
    get open() {
      return open
    },
    count: (to: string) => asked.filter((each) => each.to === to).length,
  }
}

export const up: Observation = { outcome: 'value', value: {}, latencyMs: 5, values: {} }
export const down: Observation = {
  outcome: 'failed',
  error: new SightlineError('UNAVAILABLE', 'connect ECONNREFUSED'),
  latencyMs: 2,
  values: {},
}

export interface RunningOptions {
  readonly clock?: TestClock
  readonly store?: Store
  readonly network?: Network
  readonly origin?: string
  readonly configured?: ServicesDeps['configured']
  readonly kinds?: readonly ProbeKind<never>[]
  /** Default: the same. */
  readonly guarded?: readonly ProbeKind<never>[]
  readonly poll?: boolean
  readonly away?: boolean
  readonly leads?: boolean
  readonly readUsage?: ServicesDeps['readUsage']
  /** Stands for the evaluation: shows each sample as it is. */
  readonly judges?: boolean
}

/** The services of one process on memory adapters, with what surrounds them. */
export const runServices = async (options: RunningOptions = {}) => {
  const {
    clock = testClock(),
    store = memoryStore(),
    network = new Set(),
    origin = 'process-1',
    configured = {},
    kinds = [],
    poll = true,
    leads = true,
    judges = false,
  } = options
  const driver = memoryStorage({ store, clock })
  await driver.connect({ collections: [AUDIT, ...SERVICE_COLLECTIONS] as never, format: { writes: 1, reads: 1 } })
  let isAway = options.away ?? false
  let writes = 0
  const link: ServicesDeps['link'] = {
    get state() {
      return isAway ? ('away' as const) : ('up' as const)
    },
    run: async (call) => {
      if (isAway) throw new SightlineError('UNAVAILABLE', 'Storage is away.')
      return call(driver)
    },
  }
  const published: Published[] = []
  const samples: Sample[] = []
  const changedTeams: string[] = []
  const warnings: string[] = []
  const warned: [details: object, message: string][] = []
  const logger = {
    ...silentLogger(),
    warn: (details: object, message: string) => {
      warnings.push(message)
      warned.push([details, message])
    },
  }
  const watched = new Set<string>()
  const scheduler = timerScheduler({ clock })
  const ticks = createTickRouter({ scheduler, logger })
  const lead = createLead()
  lead.turned(leads)
  const emitter = createEmitter({ logger })
  const receivers = new Map<string, (payload: unknown) => void>()
  const receive = (type: string, payload: unknown, from: string): void => {
    if (from !== origin) receivers.get(type)?.(payload)
  }
  network.add(receive)
  const randomId = (): string => crypto.randomUUID()
  const kindMap = new Map(kinds.map((kind) => [kind.kind, kind as unknown as ProbeKind<unknown>]))

  const part = createServicesPart({
    clock,
    random: () => 0.5,
    randomId,
    logger,
    origin,
    link,
    leadership: lead,
    remote: {
      isAlone: false,
      carry: (type, payload) => {
        const text = JSON.stringify(payload)
        for (const take of network) queueMicrotask(() => take(type, JSON.parse(text), origin))
      },
      hear: (type, take) => void receivers.set(type, take),
    },
    emitter,
    publish: () => {
      throw new Error('services tell this process alone')
    },
    configured,
    kinds: kindMap,
    guardedKinds:
      options.guarded === undefined
        ? kindMap
        : new Map(options.guarded.map((kind) => [kind.kind, kind as unknown as ProbeKind<unknown>])),
    ticks,
    hub: {
      publish: (team, name, change) => void published.push({ team, name, change }),
      find: (team, key) => (watched.has(`${team} ${key}`) ? ({} as never) : null),
    },
    observe: (sample) => {
      samples.push(sample)
      if (judges && sample.verdict !== null) {
        const { team, service, region, at, verdict } = sample
        const view = {
          region,
          status: verdict,
          since: at,
          checkedAt: at,
          latencyMs: sample.values.latencyMs ?? null,
          reason: sample.reason ?? null,
        }
        part.show(team, service, { status: verdict, since: at, regions: [view] })
      }
    },
    onServicesChanged: (team) => void changedTeams.push(team),
    ...(options.readUsage === undefined ? {} : { readUsage: options.readUsage }),
  })
  const registry = createOperationRegistry({
    operations: new Map(Object.entries(part.operations)),
    authority: createAuthority({ access: allowAll(), logger, clock }),
    clock,
    logger,
    randomId,
    publish: () => {},
    commit: (commits) => {
      writes += commits.length
      return link.run((storage) => storage.commit(commits))
    },
  })

  const start = async (): Promise<void> => {
    await part.start()
    if (!poll) return
    await part.startChecks()
    await ticks.start()
  }
  await start()

  return {
    part,
    clock,
    driver,
    store,
    scheduler,
    samples,
    published,
    changedTeams,
    warnings,
    warned,
    watched,
    lead,
    emitter,
    link,
    get writes() {
      return writes
    },
    call: (operation: string, input: unknown, team = 'default') =>
      registry.call({ operation, input, principal: 'system', team }) as Promise<never>,
    away: () => {
      isAway = true
    },
    back: () => {
      isAway = false
      part.storageUp?.()
    },
    stop: async () => {
      network.delete(receive)
      await part.stop({ timeoutMs: 1_000 })
      await ticks.close()
    },
    kill: () => network.delete(receive),
    /** Puts of the topic `services`, oldest first. */
    messages: () => published.filter(({ name }) => name === 'services'),
    view: (name: string, team = 'default') =>
      registry.call({ operation: 'services.get', input: { name }, principal: 'system', team }) as Promise<never>,
  }
}

/** The failing paths of a refusal. */
export const faultsOf = async (call: Promise<unknown>): Promise<readonly { path: string; message: string }[]> => {
  try {
    await call
  } catch (thrown) {
    const error = SightlineError.from(thrown)
    if (error.code !== 'INVALID_INPUT') throw error
    return error.fields ?? []
  }
  throw new Error('it was taken')
}

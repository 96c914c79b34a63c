import { afterEach } from 'vitest'
import {
  allowAll,
  type Bus,
  type Clock,
  type Config,
  createSightline,
  defineNotifier,
  memoryBus,
  memoryNetwork,
  memoryStorage,
  memoryStore,
  type Notification,
  type Plugins,
  type RegionNames,
  type Sightline,
  SightlineError,
  type StorageDriver,
  silentLogger,
} from '../../../src/index.ts'
import { type MemoryStore, memorySpool } from '../../../src/memory/index.ts'
import type { Frame } from '../../../src/protocol/frame.ts'
import { type ScriptedProbe, scriptedProbe, testClock } from '../../../src/testing/index.ts'
import { recordingTransport } from './recording-transport.ts'

type Options = Config<RegionNames, unknown, Plugins>
/** What storage does, to everything that is asked of it. */
export type Away = 'none' | 'refuses' | 'hangs'

/** Somebody's message, who sent it, when, and under which key. */
export interface Sent {
  readonly by: string
  readonly channel: string
  readonly at: number
  readonly key: string
  readonly notification: Notification
}

/** A process on the installation's storage, with a clock and storage of its own that can be taken from it. */
export interface Member {
  readonly name: string
  readonly sightline: Sightline
  /** Checks made here. */
  readonly asked: number
  away: Away
  call<T = Record<string, unknown>>(operation: string, input?: unknown): Promise<T>
  /** As `kill -9`: nothing of it runs any more, nothing it asked is answered. */
  crash(): void
  stop(): Promise<void>
}

const guarded = <T extends object>(inner: T, away: () => Away): T =>
  new Proxy(inner, {
    get: (target, name) => {
      const found = Reflect.get(target, name)
      if (typeof found === 'object' && found !== null) return guarded(found, away)
      if (typeof found !== 'function' || name === 'close') return found
      return (...args: unknown[]) => {
        if (name === 'collection') return guarded(found.apply(target, args), away)
        if (away() === 'refuses') return Promise.reject(new SightlineError('UNAVAILABLE', 'The test took storage away.'))
        if (away() === 'hangs') return new Promise(() => {})
        return found.apply(target, args)
      }
    },
  })

const installations: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of installations.splice(0)) await close()
})

/** Processes on one storage and one fake clock; every service is checked by a probe that the test decides. */
export const createInstallation = ({
  channels = ['ops'],
  ...options
}: Partial<Options> & { readonly channels?: readonly string[] }) => {
  const clock = testClock()
  const store: MemoryStore = memoryStore()
  const network = memoryNetwork()
  const sent: Sent[] = []
  const members: Member[] = []
  const probes = new Map<string, ScriptedProbe>(Object.keys(options.services ?? {}).map((name) => [name, scriptedProbe()]))
  let send: (one: Sent) => Promise<void> = async () => {}

  const probe = (name: string): ScriptedProbe => {
    const found = probes.get(name)
    if (found === undefined) throw new Error(`No service ${name}`)
    return found
  }

  const join = async ({
    hasBus = true,
    poll = true,
    away: initial = 'none' as Away,
    ...own
  }: { hasBus?: boolean; poll?: boolean; away?: Away } & Partial<Options> = {}) => {
    const name = `process-${members.length + 1}`
    let isDead = false
    let asked = 0
    let away: Away = initial
    const ownClock: Clock = {
      ...clock,
      // As the system's: whole milliseconds of a clock that steps, fractions of one that does not.
      now: () => Math.floor(clock.now()),
      monotonic: clock.monotonic,
      setTimer: (delayMs, callback) => clock.setTimer(delayMs, () => !isDead && callback()),
    }
    const bus = memoryBus({ network })
    const ownBus: Bus = {
      ...bus,
      open: (on) => bus.open({ ...on, event: (event) => !isDead && on.event(event) }),
      publish: (event) => !isDead && bus.publish(event),
    }
    const services = Object.fromEntries(
      Object.entries(options.services ?? {}).map(([service, spec]) => [
        service,
        {
          ...spec,
          probe: {
            collect: (context: Parameters<ScriptedProbe['collect']>[0]) => {
              if (isDead) return new Promise<never>(() => {})
              asked++
              return probe(service).collect(context)
            },
          },
        },
      ]),
    )
    const notifiers = Object.fromEntries(
      channels.map((channel) => [
        channel,
        defineNotifier({
          name: 'test',
          send: async (notification, { idempotencyKey }) => {
            if (isDead) return new Promise<never>(() => {})
            const one = { by: name, channel, at: clock.now(), key: idempotencyKey, notification }
            await send(one)
            sent.push(one)
          },
        }),
      ]),
    )
    const storage: StorageDriver = guarded(memoryStorage({ store, clock }), () => (isDead ? 'hangs' : away))
    const sightline = createSightline({
      access: allowAll(),
      logger: silentLogger(),
      random: () => 0.5,
      tuning: { storageTimeoutMs: 500 },
      spool: memorySpool(),
      probes: [],
      ...options,
      ...own,
      services,
      notifiers,
      clock: ownClock,
      storage,
      ...(hasBus ? { bus: ownBus } : {}),
    } as Options) as unknown as Sightline
    const member: Member = {
      name,
      sightline,
      get asked() {
        return asked
      },
      get away() {
        return away
      },
      set away(next) {
        away = next
      },
      call: async <T>(operation: string, input: unknown = {}) => {
        const answer = sightline.call({ operation: operation as never, input: input as never, as: 'system' })
        answer.catch(() => {})
        await clock.advance(1)
        return (await answer) as T
      },
      crash: () => {
        isDead = true
      },
      stop: async () => {
        if (isDead) return
        const stopped = sightline.stop({ timeoutMs: 100 })
        await Promise.all([stopped, clock.advance(15_000)])
      },
    }
    members.push(member)
    await Promise.all([sightline.start({ poll }), clock.advance(0)])
    return member
  }

  installations.push(async () => {
    for (const member of members) await member.stop()
  })

  return {
    clock,
    store,
    sent,
    probe,
    join,
    /** What every channel does with a message from now on. */
    sends: (next: (one: Sent) => Promise<void>) => {
      send = next
    },
    /** A screen at one of the processes: everything it was sent. */
    watch: async ({ sightline }: Member, topic: string) => {
      const transport = recordingTransport()
      await sightline.attach(transport)
      const session = await transport.connect()
      const [answer] = await Promise.all([transport.gateway.subscribe(session, { topic }), clock.advance(1)])
      const { frame: first } = answer as { readonly frame: Frame }
      return {
        /** Items of the list as they stand there. */
        items: (): ReadonlyMap<string, Record<string, unknown>> => {
          const items = new Map<string, Record<string, unknown>>()
          for (const { put, drop, reset } of [first, ...transport.framesOf(session)].filter((frame) => frame.kind === 'keyed')) {
            if (reset === true) items.clear()
            for (const [key] of drop) items.delete(key)
            for (const [key, , item] of put) items.set(key, item as Record<string, unknown>)
          }
          return items
        },
      }
    },
  }
}

export type Installation = ReturnType<typeof createInstallation>

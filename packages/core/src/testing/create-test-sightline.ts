import { allowAll } from '../access/policies.ts'
import { defineNotifier } from '../alerts/define-notifier.ts'
import { createSightline } from '../create-sightline.ts'
import { SightlineError } from '../errors.ts'
import { memoryBus } from '../memory/memory-bus.ts'
import { memoryCache } from '../memory/memory-cache.ts'
import { memorySpool } from '../memory/memory-spool.ts'
import { memoryStorage } from '../memory/memory-storage.ts'
import { timerScheduler } from '../memory/timer-scheduler.ts'
import type { ServiceOptions } from '../monitoring-options.ts'
import type { Config, ContractOf, Plugins, RegionNames, TargetOptions } from '../options.ts'
import type { Notification } from '../ports/notifier.ts'
import type { MetricsSnapshot } from '../protocol/contract.ts'
import type { Sightline } from '../sightline.ts'
import { type TestClock, testClock } from './fake-clock.ts'
import { type ScriptedProbe, scriptedProbe } from './scripted-probe.ts'

/** In place of the memory adapters. */
export type TestAdapters = Pick<Config<RegionNames, unknown, Plugins>, 'storage' | 'bus' | 'cache' | 'scheduler'>

/** A Sightline whose time and providers a test decides. */
export interface TestSightline<C extends ContractOf<unknown, unknown, unknown>> extends AsyncDisposable {
  readonly sightline: Sightline<C>
  readonly clock: TestClock
  /** Every change so far, stored or provisional. */
  readonly changes: readonly (MetricsSnapshot & { readonly provisional: boolean })[]
  /** What the channels were told, in order; each of the configured ones keeps it in place of sending it. */
  readonly notifications: readonly Notification[]
  /** What stands in for a configured target's provider; without a region, for a service's check. Throws for names that are not configured. */
  probe(api: keyof C['apis'] & string, region: string): ScriptedProbe
  probe(service: string): ScriptedProbe
}

/**
 * Starts a Sightline on memory adapters, whatever the configuration names, and a fake clock; every target is asked by a scripted probe in
 * place of its own. Adapters to be tested themselves are given beside.
 *
 * @example
 * await using t = await createTestSightline(config)
 * t.probe('orders', 'us-east').returns({ open: 3 })
 * await t.clock.advance(5_000)
 * expect(t.changes.at(-1)?.data).toEqual({ open: 3 })
 * @example
 * t.probe('jobs').returns({ depth: 900 })
 * await t.clock.advance(120_000)
 * expect(t.notifications).toHaveLength(1)
 */
export const createTestSightline = async <R extends RegionNames, D, const P extends Plugins = []>(
  config: Config<R, D, P>,
  adapters: TestAdapters = {},
): Promise<TestSightline<ContractOf<R, D, P>>> => {
  const clock = testClock()
  const probes = new Map<string, ScriptedProbe>()
  const changes: (MetricsSnapshot & { provisional: boolean })[] = []

  const scripted = (
    [region, { url: _url, headers: _headers, method: _method, body: _body, ...options }]: [string, TargetOptions],
    api: string,
  ) => {
    const probe = scriptedProbe()
    probes.set(JSON.stringify([api, region]), probe)
    return [region, { ...options, probe }] as const
  }
  const apis = Object.fromEntries(
    Object.entries(
      (config.apis ?? {}) as Readonly<Record<string, { readonly regions: Readonly<Record<string, TargetOptions>> }>>,
    ).map(([name, api]) => [
      name,
      { ...api, regions: Object.fromEntries(Object.entries(api.regions).map((entry) => scripted(entry, name))) },
    ]),
  )
  const notifications: Notification[] = []
  const services = Object.fromEntries(
    Object.entries(config.services ?? {}).map(([name, { url, check, probe, ...service }]): [string, ServiceOptions] => {
      // What reports itself is not asked here either.
      if ((url ?? check ?? probe) === undefined || check?.kind === 'heartbeat')
        return [name, { ...service, ...(check === undefined ? {} : { check }) }]
      const stand = scriptedProbe()
      probes.set(JSON.stringify([name]), stand)
      return [name, { ...service, probe: stand }]
    }),
  )
  const notifiers = Object.fromEntries(
    Object.keys(config.notifiers ?? {}).map((channel) => [
      channel,
      defineNotifier({ name: 'test', send: async (notification) => void notifications.push(notification) }),
    ]),
  )
  // A test asks nothing outside.
  const { canary: _canary, ...rest } = config
  const sightline = createSightline({
    access: allowAll(),
    random: () => 0.5,
    ...rest,
    apis: apis as unknown as Config<R, D, P>['apis'],
    services,
    notifiers,
    spool: memorySpool(),
    probes: config.probes ?? [],
    clock,
    // A test beside the real thing must not touch what that stores, nor be heard by it.
    storage: memoryStorage({ clock }),
    bus: memoryBus(),
    cache: memoryCache({ clock }),
    scheduler: timerScheduler({ clock }),
    ...adapters,
  } as Config<R, D, P>)
  sightline.on('snapshot:changed', (snapshot, { provisional }) => void changes.push({ ...snapshot, provisional }))
  await whileMoving(clock, sightline.start())

  return {
    sightline,
    clock,
    changes,
    notifications,
    probe: (name: string, region?: string) => {
      const probe = probes.get(JSON.stringify(region === undefined ? [name] : [name, region]))
      if (probe !== undefined) return probe
      throw new SightlineError(
        'UNKNOWN_REGION',
        region === undefined
          ? `No service ${JSON.stringify(name)} is checked.`
          : `There is no region ${JSON.stringify(region)} of an api ${JSON.stringify(name)}.`,
      )
    },
    [Symbol.asyncDispose]: async () => {
      await whileMoving(clock, sightline.stop({ timeoutMs: 1_000 }))
    },
  }
}

/** Lets the clock run until the work is done: what waits for a timeout would wait for ever. */
const whileMoving = async (clock: TestClock, work: Promise<void>): Promise<void> => {
  let isDone = false
  const done = work.finally(() => {
    isDone = true
  })
  // Who awaits `done` below sees the rejection; until then it must not count as unhandled.
  done.catch(() => {})
  await clock.advance(0)
  while (!isDone) await clock.advance(100)
  await done
}

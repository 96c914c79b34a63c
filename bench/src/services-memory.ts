import { once } from 'node:events'
import type { BenchRow } from './bench-row.ts'
import { build, startBuilt } from './built-child.ts'
import { askChild, endChild } from './child.ts'
import { type HostKind, startHostLoad } from './host-load.ts'

interface Memory {
  readonly residentMegabytes: number
  readonly heapMegabytes: number
  /** What V8 holds for objects that die young, used or not. */
  readonly youngMegabytes: number
}

interface Measured {
  readonly checks: number
  readonly requests: number
  readonly corePercent: number
  /** Before anything was loaded. */
  readonly idle: Memory
  /** With the packages loaded, and nothing made of them. */
  readonly loaded: Memory
  readonly after: Memory
}

const [INTERVAL_MS, SETTLE_MS, RUN_MS] = [10_000, 12_000, 60_000]
const PER_SECOND = 100
/**
 * What V8 holds for objects that die young it doubles by what is alive whenever it is full, and halves again, between 2 and 100 MB: the shop
 * below was found at 87, 158 and 210 MB without any service, and with a thousand of them at 184. To be compared both have it at one size, and
 * work until they have used all of it.
 */
const AT_WORK = { perSecond: 1_000, forMs: 20_000 }
const young = (megabytes: number): readonly string[] => [
  `--min-semi-space-size=${megabytes}`,
  `--max-semi-space-size=${megabytes}`,
]

interface RunOptions {
  readonly services: number
  readonly host: HostKind
  /** Of the host; none where it is not given. */
  readonly perSecond?: number
  /** What it does before it is measured. */
  readonly before?: { readonly perSecond: number; readonly forMs: number }
  readonly flags?: readonly string[]
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const run = async ({ services, host, perSecond, before, flags = [] }: RunOptions): Promise<Measured> => {
  const child = startBuilt('./services-run.ts', [host, String(services), String(INTERVAL_MS)], flags)
  const [{ port }] = (await once(child, 'message')) as [{ readonly port: number }]
  const load = startHostLoad(port, host)
  try {
    if (before !== undefined) load.ask(before.perSecond)
    await pause(before?.forMs ?? 0)
    if (perSecond !== undefined) load.ask(perSecond)
    await pause(SETTLE_MS)
    await askChild(child, { isLast: false })
    await pause(RUN_MS)
    return await askChild<Measured>(child, { isLast: true })
  } finally {
    load.stop()
    await endChild(child)
  }
}

const figure = (value: number): string => value.toFixed(0)

interface HostRow extends Pick<BenchRow, 'work' | 'size' | 'note'> {
  /** Have both one size of young generation? Otherwise what is over it counts. */
  readonly isFixed: boolean
}

const overHost = (watching: Measured, without: Measured, { isFixed, ...row }: HostRow): BenchRow => {
  const more = (what: keyof Memory): number => watching.after[what] - without.after[what]
  const value = more('residentMegabytes')
  return {
    ...row,
    unit: 'MB',
    value,
    baseline: without.after.residentMegabytes,
    ratio: null,
    reach: isFixed ? '≤ 60 MB' : '≤ 60 MB and the young',
    reached: (isFixed ? value : value - more('youngMegabytes')) <= 60,
    note: `resident, as built; of it heap in use ${figure(more('heapMegabytes'))} MB, V8's young generation ${figure(more('youngMegabytes'))} MB; baseline: the host alone; ${row.note}`,
  }
}

/** 1,000 services at 10 s within a host: against the same host without them, and against a process that does nothing. */
export const serviceFleetRows = async (services: number): Promise<BenchRow[]> => {
  await build('core', 'adapter-sql', 'probes')
  const size = `${services.toLocaleString('en')} services at 10 s`
  const plain = { host: 'plain', perSecond: PER_SECOND } as const
  const small = { ...plain, flags: young(4) }
  const shop = { host: 'shop', perSecond: PER_SECOND, before: AT_WORK, flags: young(16) } as const
  const [host, watched, smallHost, smallWatched, alone] = await Promise.all([
    run({ ...plain, services: 0 }),
    run({ ...plain, services }),
    run({ ...small, services: 0 }),
    run({ ...small, services }),
    run({ host: 'plain', services }),
  ])
  const [shopHost, shopWatched] = await Promise.all([run({ ...shop, services: 0 }), run({ ...shop, services })])
  const corePercent = watched.corePercent - host.corePercent
  const overNothing = alone.after.residentMegabytes - alone.idle.residentMegabytes
  const perService = ((alone.after.heapMegabytes - alone.loaded.heapMegabytes) * 1_024) / services
  return [
    {
      work: 'services with rules, samples stored',
      size,
      unit: '% of a core',
      value: corePercent,
      baseline: host.corePercent,
      ratio: null,
      reach: '≤ 10 %',
      reached: watched.checks > 0 && corePercent <= 10,
      note: `over the host, which answers ${figure(host.requests / (RUN_MS / 1_000))} requests/s; checked by code; ${watched.checks} checks in 60 s`,
    },
    overHost(shopWatched, shopHost, {
      work: 'memory over a host at work',
      size,
      note: `Express with sessions; both with ${shop.flags.join(' ')}`,
      isFixed: true,
    }),
    overHost(watched, host, { work: 'memory over a host that keeps nothing', size, note: 'Node as it comes', isFixed: false }),
    overHost(smallWatched, smallHost, {
      work: 'memory over a host that keeps nothing',
      size,
      note: `both with ${small.flags.join(' ')}`,
      isFixed: true,
    }),
    {
      work: 'memory over a process that does nothing',
      size,
      unit: 'MB',
      value: overNothing,
      baseline: alone.idle.residentMegabytes,
      ratio: null,
      reach: 'beside the host',
      reached: Number.isFinite(overNothing),
      note: `of it ${figure(alone.loaded.residentMegabytes - alone.idle.residentMegabytes)} MB to load the packages; of the heap ${figure(alone.after.heapMegabytes - alone.idle.heapMegabytes)} MB`,
    },
    {
      work: 'heap per service',
      size,
      unit: 'KB',
      value: perService,
      baseline: null,
      ratio: null,
      reach: '≤ 20 KB',
      reached: perService <= 20,
      note: 'with all that starting loads and compiles',
    },
  ]
}

import { once } from 'node:events'
import { Agent, get } from 'node:http'
import type { BenchRow } from './bench-row.ts'
import { build, startBuilt } from './built-child.ts'
import { endChild } from './child.ts'

interface Memory {
  readonly residentMegabytes: number
  readonly heapMegabytes: number
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

const [INTERVAL_MS, RUN_MS] = [10_000, 60_000]
const REQUEST_EVERY_MS = 10
/** What V8 keeps free for objects that die young grows to 64 MB in a process that keeps busy, whatever keeps it busy: here it may not. */
const SMALL_YOUNG = ['--max-semi-space-size=4']

interface RunOptions {
  /** Of the host: a request every so many ms, or none. */
  readonly requestEveryMs: number | null
  readonly flags?: readonly string[]
}

const run = async (services: number, { requestEveryMs, flags = [] }: RunOptions): Promise<Measured> => {
  const child = startBuilt('./services-run.ts', [services, INTERVAL_MS, RUN_MS].map(String), flags)
  try {
    const [{ port }] = (await once(child, 'message')) as [{ readonly port: number }]
    const agent = new Agent({ keepAlive: true, maxSockets: 10 })
    const ask = (): void => void get({ port, host: '127.0.0.1', agent }, (response) => response.resume()).on('error', () => {})
    const asking = requestEveryMs === null ? null : setInterval(ask, requestEveryMs)
    const [measured] = (await once(child, 'message')) as [Measured]
    clearInterval(asking ?? undefined)
    agent.destroy()
    return measured
  } finally {
    await endChild(child)
  }
}

/** 1,000 services at 10 s within a host: against the same host without them, and against a process that does nothing. */
export const serviceFleetRows = async (services: number): Promise<BenchRow[]> => {
  await build('core', 'adapter-sql', 'probes')
  const load = { requestEveryMs: REQUEST_EVERY_MS }
  const small = { ...load, flags: SMALL_YOUNG }
  const [host, watched, smallHost, smallWatched, alone] = await Promise.all([
    run(0, load),
    run(services, load),
    run(0, small),
    run(services, small),
    run(services, { requestEveryMs: null }),
  ])
  const corePercent = watched.corePercent - host.corePercent
  const figure = (value: number): string => value.toFixed(0)
  const common = { size: `${services.toLocaleString('en')} services at 10 s`, ratio: null }
  const overHost = (watching: Measured, without: Measured, note: string): BenchRow => {
    const value = watching.after.residentMegabytes - without.after.residentMegabytes
    const heap = figure(watching.after.heapMegabytes - without.after.heapMegabytes)
    return {
      ...common,
      work: 'memory over the host',
      unit: 'MB',
      value,
      baseline: without.after.residentMegabytes,
      reach: '≤ 60 MB',
      reached: value <= 60,
      note: `${note}; resident, as built; of it heap in use ${heap} MB; baseline: the host alone`,
    }
  }
  const overNothing = alone.after.residentMegabytes - alone.idle.residentMegabytes
  const perService = ((alone.after.heapMegabytes - alone.loaded.heapMegabytes) * 1_024) / services
  return [
    {
      ...common,
      work: 'services with rules, samples stored',
      unit: '% of a core',
      value: corePercent,
      baseline: host.corePercent,
      reach: '≤ 10 %',
      reached: watched.checks > 0 && corePercent <= 10,
      note: `over the host, which answers ${figure(host.requests / (RUN_MS / 1_000))} requests/s; checked by code; ${watched.checks} checks in 60 s`,
    },
    overHost(watched, host, 'Node as it comes'),
    overHost(smallWatched, smallHost, `both with ${SMALL_YOUNG.join(' ')}`),
    {
      ...common,
      work: 'memory over a process that does nothing',
      unit: 'MB',
      value: overNothing,
      baseline: alone.idle.residentMegabytes,
      reach: 'beside the host',
      reached: Number.isFinite(overNothing),
      note: `of it ${figure(alone.loaded.residentMegabytes - alone.idle.residentMegabytes)} MB to load the packages; of the heap ${figure(alone.after.heapMegabytes - alone.idle.heapMegabytes)} MB`,
    },
    {
      ...common,
      work: 'heap per service',
      unit: 'KB',
      value: perService,
      baseline: null,
      reach: '≤ 20 KB',
      reached: perService <= 20,
      note: 'with all that starting loads and compiles',
    },
  ]
}

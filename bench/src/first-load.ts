import type { BenchRow } from './bench-row.ts'
import { endChild, startChild } from './child.ts'
import { median, quantile } from './median.ts'

const SERVICES = 1_000
const LOADS = 12
/** It needs what the dashboard's tests need. */
const RUN = '../../examples/dashboard/test/processes/first-load.ts'

interface FirstLoad {
  readonly ms: number
  readonly kilobytes: number
}

/** A browser that has never been there opens the services page. */
export const firstLoadBenches = async (): Promise<BenchRow[]> => {
  const { child, message: loads } = await startChild<readonly { readonly many: FirstLoad; readonly one: FirstLoad }[]>(RUN, [
    String(SERVICES),
    String(LOADS),
  ])
  await endChild(child)
  const row = (unit: string, of: (load: FirstLoad) => number) => ({
    work: 'first load of the services page',
    size: `${SERVICES.toLocaleString('en')} services, ${LOADS} times`,
    unit,
    value: median(loads.map(({ many: load }) => of(load))),
    baseline: median(loads.map(({ one: load }) => of(load))),
    ratio: median(loads.map(({ many: load, one: single }) => of(load) / of(single))),
  })
  const times = row('ms', ({ ms }) => ms)
  const sizes = row('kB', ({ kilobytes }) => kilobytes)
  const slow = quantile(
    loads.map(({ many: { ms } }) => ms),
    0.95,
  )
  return [
    {
      ...times,
      reach: '< 1 s',
      reached: times.value < 1_000,
      note: `p95 ${slow.toFixed(0)} ms; baseline: the page of one service`,
    },
    { ...sizes, reach: '≤ 500 kB', reached: sizes.value <= 500, note: 'as on the wire, page and script included' },
  ]
}

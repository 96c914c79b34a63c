import type { BenchRow } from './bench-row.ts'
import { endChild, startChild } from './child.ts'
import { median } from './median.ts'

interface Run {
  readonly polls: number
  readonly cpuPerPoll: number
  readonly driftP99: number
  readonly loopDelayP99: number
  readonly rssMegabytes: number
}

const run = async (targets: number, intervalMs: number, runMs: number): Promise<Run> => {
  const { child, message } = await startChild<Run>('./scheduling-run.ts', [targets, intervalMs, runMs].map(String))
  await endChild(child)
  return message
}

/** 1,000 targets each second; and whether a poll costs the same whatever the number of targets (each run makes 1,000 polls a second). */
export const schedulingBenches = async (): Promise<BenchRow[]> => {
  const thousand = await run(1_000, 1_000, 10_000)
  const sizes = [100, 1_000, 10_000]
  const costs = new Map<number, number[]>(sizes.map((targets) => [targets, []]))
  for (let round = 0; round < 3; round++) {
    for (const targets of sizes) costs.get(targets)?.push((await run(targets, targets, 5_000)).cpuPerPoll)
  }
  const middle = sizes.map((targets) => median(costs.get(targets) ?? []))
  const mean = middle.reduce((sum, value) => sum + value, 0) / middle.length
  const note = `RSS ${thousand.rssMegabytes.toFixed(0)} MB, ${thousand.polls} polls in 10 s`
  return [
    {
      work: '1,000 targets each second',
      size: 'start drift p99',
      unit: 'ms',
      value: thousand.driftP99,
      baseline: null,
      ratio: null,
      reach: '< 1,000 ms',
      reached: thousand.driftP99 < 1_000,
      note,
    },
    {
      work: '1,000 targets each second',
      size: 'event-loop delay p99',
      unit: 'ms',
      value: thousand.loopDelayP99,
      baseline: null,
      ratio: null,
      reach: '< 100 ms',
      reached: thousand.loopDelayP99 < 100,
      note,
    },
    ...sizes.map((targets, index) => {
      const ratio = (middle[index] ?? Number.NaN) / mean
      return {
        work: 'CPU per poll, flat',
        size: `${targets} targets`,
        unit: 'µs',
        value: middle[index] ?? Number.NaN,
        baseline: mean,
        ratio,
        reach: '0.8–1.2× of the mean',
        reached: ratio >= 0.8 && ratio <= 1.2,
      }
    }),
  ]
}

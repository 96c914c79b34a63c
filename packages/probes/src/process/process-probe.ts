import { totalmem } from 'node:os'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { Clock, Observation, Probe, ProbeContext, ProbeKind } from '@sightline/core'
import { z } from 'zod'
import { observed } from '../observed.ts'
import { parseProbeOptions } from '../probe-options.ts'
import { type ProbeResources, resolveResources } from '../probe-resources.ts'

/** How this process is measured; there is nothing to choose so far. */
export type ProcessProbeOptions = Readonly<Record<string, never>>

const schema = z.strictObject({}, 'must be an object')

const parse = (raw: unknown): ProcessProbeOptions => parseProbeOptions(raw ?? {}, { name: 'process', schema })

/**
 * Measures the process it runs in, for targets that configuration describes.
 *
 * @example
 * processProbeKind().open({})
 */
export const processProbeKind = (resources: Pick<ProbeResources, 'clock'> = {}): ProbeKind<ProcessProbeOptions> => ({
  kind: 'process',
  parse,
  open: () => processProbe(resources),
})

/**
 * Measures this process. The document is `{ "status": "up", "pid": …, "node": … }`.
 *
 * Its `values`: `cpuPercent` of one core since the last check, over 100 where several threads work; `rssMb`; `ramPercent`, resident of
 * what the machine or the container has; `heapMb`, used; `eventLoopDelayMs`, 99th percentile since the last check, over a timer of
 * 10 ms; `eventLoopPercent`, busy since the last check; `uptimeS`. MB are 10^6 bytes.
 */
export const processProbe = ({ clock }: Pick<ProbeResources, 'clock'> = {}): Probe =>
  new ProcessProbe(resolveResources(clock === undefined ? {} : { clock }).clock)

const resolutionMs = 10

class ProcessProbe implements Probe {
  readonly #clock: Clock
  readonly #delay = monitorEventLoopDelay({ resolution: resolutionMs })
  #cpu = process.cpuUsage()
  #loop = performance.eventLoopUtilization()
  #measuredAt: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#measuredAt = clock.monotonic()
    this.#delay.enable()
  }

  collect({ signal }: ProbeContext): Promise<Observation> {
    return observed({ clock: this.#clock, signal, target: 'this process' }, async (values) => {
      this.#measure(values)
      return { status: 'up', pid: process.pid, node: process.version }
    })
  }

  async close(): Promise<void> {
    this.#delay.disable()
  }

  #measure(values: Record<string, number>): void {
    const now = this.#clock.monotonic()
    const elapsedMs = now - this.#measuredAt
    const { user, system } = process.cpuUsage(this.#cpu)
    const loop = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(loop, this.#loop)
    const { rss, heapUsed } = process.memoryUsage()
    // Two checks at once tell nothing of the time between them.
    if (elapsedMs > 0) {
      values.cpuPercent = round((user + system) / 10 / elapsedMs)
      values.eventLoopPercent = round(utilization * 100)
    }
    values.rssMb = round(rss / 1e6)
    values.heapMb = round(heapUsed / 1e6)
    values.ramPercent = round((rss / availableBytes()) * 100)
    // The histogram holds the time between two timers, which without any delay is the resolution; empty, it gives its extremes.
    if (this.#delay.count > 0) values.eventLoopDelayMs = round(Math.max(0, this.#delay.percentile(99) / 1e6 - resolutionMs))
    values.uptimeS = Math.round(process.uptime())
    this.#delay.reset()
    this.#cpu = process.cpuUsage()
    this.#loop = loop
    this.#measuredAt = now
  }
}

/** What a container allows, where it is less than the machine has. */
const availableBytes = (): number => {
  const limit = process.constrainedMemory()
  const total = totalmem()
  return limit > 0 && limit < total ? limit : total
}

const round = (value: number): number => Math.round(value * 100) / 100

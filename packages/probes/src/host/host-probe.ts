import type { StatsFs } from 'node:fs'
import { statfs } from 'node:fs/promises'
import * as os from 'node:os'
import { type Clock, type Observation, type Probe, type ProbeContext, type ProbeKind, SightlineError } from '@sightline/core'
import { z } from 'zod'
import { observed } from '../observed.ts'
import { parseProbeOptions } from '../probe-options.ts'
import { type ProbeResources, resolveResources } from '../probe-resources.ts'
import { faultCode } from '../socket/socket-fault.ts'

/** How the machine is measured. */
export interface HostProbeOptions {
  /** Paths whose file systems are measured: `['/', '/var/lib/postgresql']`. At most 20. Default none. */
  readonly disks?: readonly string[]
}

const schema = z.strictObject(
  {
    disks: z
      .array(z.string('must be a path').regex(/^[^\0]{1,4096}$/s, 'must be a path'), 'must be a list of paths')
      .max(20, 'must have at most 20 paths')
      .optional(),
  },
  'must be an object',
)

const parse = (raw: unknown): HostProbeOptions => parseProbeOptions(raw ?? {}, { name: 'host', schema })

/** The machine's own figures, as `node:os` and `node:fs` have them. */
export interface HostFigures {
  cpus(): readonly Pick<os.CpuInfo, 'times'>[]
  totalBytes(): number
  freeBytes(): number
  /** Load averages over 1, 5 and 15 min; zeros where the system has none. */
  loads(): readonly number[]
  uptimeS(): number
  disk(path: string): Promise<Pick<StatsFs, 'bavail' | 'bfree' | 'blocks'>>
}

const systemFigures: HostFigures = {
  cpus: os.cpus,
  totalBytes: os.totalmem,
  freeBytes: os.freemem,
  loads: os.loadavg,
  uptimeS: os.uptime,
  disk: (path) => statfs(path),
}

/** What a host probe works with, beside its options. */
export interface HostProbeResources extends Pick<ProbeResources, 'clock'> {
  /** Default: the machine's own. */
  readonly figures?: HostFigures
}

/**
 * Measures the machine it runs on, for targets that configuration describes.
 *
 * @example
 * hostProbeKind().open({ disks: ['/', '/var/lib/postgresql'] })
 */
export const hostProbeKind = (resources: HostProbeResources = {}): ProbeKind<HostProbeOptions> => ({
  kind: 'host',
  parse,
  open: (options) => hostProbe(options, resources),
})

/**
 * Measures this machine. The document is `{ "status": "up", "platform": …, "cpuCount": …, "totalRamMb": … }`. A disk that cannot be
 * measured is a `failed` observation with code `UNAVAILABLE`, and all other values.
 *
 * Its `values`: `cpuPercent`, of all cores, since the last check; `ramPercent`; `load1`, `load5`, `load15`, not on Windows;
 * `uptimeS`; with disks `diskFreePercent`, the lowest of them, free to an ordinary user, and for each of several
 * `diskFreePercent:<path>`.
 *
 * @throws SightlineError `INVALID_CONFIG` with every fault of the options.
 */
export const hostProbe = (options: HostProbeOptions = {}, resources: HostProbeResources = {}): Probe =>
  new HostProbe(parse(options), resources)

class HostProbe implements Probe {
  readonly #clock: Clock
  readonly #figures: HostFigures
  readonly #disks: readonly string[]
  #times: CpuTimes

  constructor({ disks = [] }: HostProbeOptions, { clock, figures = systemFigures }: HostProbeResources) {
    this.#clock = resolveResources(clock === undefined ? {} : { clock }).clock
    this.#figures = figures
    this.#disks = [...new Set(disks)]
    this.#times = sumTimes(figures.cpus())
  }

  collect({ signal }: ProbeContext): Promise<Observation> {
    return observed({ clock: this.#clock, signal, target: 'this host' }, async (values) => {
      const cpus = this.#figures.cpus()
      this.#measure(cpus, values)
      await this.#measureDisks(values)
      const totalRamMb = Math.round(this.#figures.totalBytes() / 1e6)
      return { status: 'up', platform: os.platform(), cpuCount: cpus.length, totalRamMb }
    })
  }

  #measure(cpus: readonly Pick<os.CpuInfo, 'times'>[], values: Record<string, number>): void {
    const times = sumTimes(cpus)
    const totalMs = times.totalMs - this.#times.totalMs
    // Two checks within one tick of the system's own count tell nothing.
    if (totalMs > 0)
      values.cpuPercent = round(Math.min(100, Math.max(0, (1 - (times.idleMs - this.#times.idleMs) / totalMs) * 100)))
    this.#times = times
    const totalBytes = this.#figures.totalBytes()
    if (totalBytes > 0) values.ramPercent = round((1 - this.#figures.freeBytes() / totalBytes) * 100)
    const [load1 = 0, load5 = 0, load15 = 0] = this.#figures.loads()
    // Windows has none, and says 0 throughout.
    if (os.platform() !== 'win32') Object.assign(values, { load1: round(load1), load5: round(load5), load15: round(load15) })
    values.uptimeS = Math.round(this.#figures.uptimeS())
  }

  async #measureDisks(values: Record<string, number>): Promise<void> {
    const results = await Promise.allSettled(this.#disks.map((path) => this.#figures.disk(path)))
    let fault: SightlineError | null = null
    for (const [index, result] of results.entries()) {
      if (result.status === 'rejected') {
        const why = faultCode(result.reason) ?? 'no code given'
        fault ??= new SightlineError('UNAVAILABLE', `The disk of disks.${index} cannot be measured (${why}).`, {
          cause: result.reason,
        })
        continue
      }
      const { bavail, bfree, blocks } = result.value
      // As df counts: of what ordinary users may have, blocks kept for root left out.
      const usable = blocks - bfree + bavail
      if (usable <= 0) continue
      const percent = round((bavail / usable) * 100)
      values.diskFreePercent = Math.min(values.diskFreePercent ?? 100, percent)
      if (this.#disks.length > 1) values[`diskFreePercent:${this.#disks[index]}`] = percent
    }
    if (fault !== null) throw fault
  }
}

interface CpuTimes {
  readonly totalMs: number
  readonly idleMs: number
}

const sumTimes = (cpus: readonly Pick<os.CpuInfo, 'times'>[]): CpuTimes => {
  let totalMs = 0
  let idleMs = 0
  for (const { times } of cpus) {
    totalMs += times.user + times.nice + times.sys + times.idle + times.irq
    idleMs += times.idle
  }
  return { totalMs, idleMs }
}

const round = (value: number): number => Math.round(value * 100) / 100

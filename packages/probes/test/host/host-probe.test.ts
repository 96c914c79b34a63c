import { statfsSync } from 'node:fs'
import * as os from 'node:os'
import { describe, expect, it } from 'vitest'
import { type HostFigures, type HostProbeOptions, hostProbe, hostProbeKind } from '../../src/index.ts'
import { collect, faultOf } from '../collect-once.ts'
import { faultsOf } from '../faults-of.ts'

/** Milliseconds of work and of idling since the start, per core. */
const cores = (...times: readonly (readonly [busyMs: number, idleMs: number])[]) =>
  times.map(([busyMs, idleMs]) => ({ times: { user: busyMs / 2, sys: busyMs / 2, nice: 0, irq: 0, idle: idleMs } }))

const figures = (given: Partial<HostFigures>): HostFigures => ({
  cpus: () => cores([0, 0]),
  totalBytes: () => 8e9,
  freeBytes: () => 2e9,
  loads: () => [1.234, 0.5, 0.25],
  uptimeS: () => 99.6,
  disk: async () => ({ blocks: 100, bfree: 50, bavail: 40 }),
  ...given,
})

const check = async (options: HostProbeOptions, given: Partial<HostFigures> = {}) => {
  const probe = hostProbe(options, { figures: figures(given) })
  return collect(probe)
}

describe('a host', () => {
  it('is measured by its own figures', async () => {
    const probe = hostProbe({ disks: ['/'] })
    const observation = await collect(probe)
    expect(observation).toMatchObject({
      outcome: 'value',
      value: { status: 'up', platform: os.platform(), cpuCount: os.cpus().length },
    })
    const { blocks, bfree, bavail } = statfsSync('/')
    expect(Math.abs(observation.values.diskFreePercent! - (bavail / (blocks - bfree + bavail)) * 100)).toBeLessThan(5)
    expect(observation.values.ramPercent).toBeGreaterThan(0)
    expect(observation.values.ramPercent).toBeLessThan(100)
    expect(Math.abs(observation.values.uptimeS! - os.uptime())).toBeLessThan(5)
    for (const name of ['load1', 'load5', 'load15']) expect(observation.values[name]).toBeGreaterThanOrEqual(0)
  })

  it('is as busy as all its cores were since the last check', async () => {
    let times = cores([1_000, 0], [0, 1_000])
    const probe = hostProbe({}, { figures: figures({ cpus: () => times }) })
    times = cores([1_300, 100], [100, 1_500])
    expect((await collect(probe)).values.cpuPercent).toBe(40)
    expect((await collect(probe)).values).not.toHaveProperty('cpuPercent')
    times = cores([1_300, 200], [100, 1_600])
    expect((await collect(probe)).values.cpuPercent).toBe(0)
    // A core that went away takes its times with it.
    times = cores([1_300, 300])
    expect((await collect(probe)).values).not.toHaveProperty('cpuPercent')
  })

  it('tells memory, load and uptime', async () => {
    expect((await check({})).values).toEqual({ ramPercent: 75, load1: 1.23, load5: 0.5, load15: 0.25, uptimeS: 100 })
  })

  it('tells the disk that is fullest, and each of several', async () => {
    expect((await check({ disks: ['/data'] })).values).toMatchObject({ diskFreePercent: 44.44 })
    const disk = async (path: string) => ({ blocks: 100, bfree: path === '/data' ? 10 : 50, bavail: path === '/data' ? 10 : 50 })
    const { values } = await check({ disks: ['/', '/data', '/'] }, { disk })
    expect(values).toMatchObject({ diskFreePercent: 10, 'diskFreePercent:/': 50, 'diskFreePercent:/data': 10 })
  })

  it('whose disk cannot be measured fails, and tells the rest', async () => {
    const observation = await collect(hostProbe({ disks: ['/', '/no/such/path'] }))
    expect(faultOf(observation)).toBe('UNAVAILABLE: The disk of disks.1 cannot be measured (ENOENT).')
    expect(observation.values).toMatchObject({ diskFreePercent: expect.any(Number), ramPercent: expect.any(Number) })
  })

  it('whose disk hangs is given up at the timeout', async () => {
    const probe = hostProbe({ disks: ['/nfs'] }, { figures: figures({ disk: () => new Promise(() => {}) }) })
    const observation = await collect(probe, { timeoutMs: 100 })
    expect(faultOf(observation)).toBe('TIMEOUT: Timed out while checking this host.')
    expect(observation.values).toMatchObject({ ramPercent: 75 })
  })

  it('has all faults of its options told at once, by path', () => {
    const { parse } = hostProbeKind()
    expect(parse(undefined)).toEqual({})
    expect(faultsOf(parse, { disks: ['', '/', 5], paths: [] })).toEqual({
      'disks.0': 'must be a path',
      'disks.2': 'must be a path',
      paths: 'is not an option of the host probe',
    })
  })
})

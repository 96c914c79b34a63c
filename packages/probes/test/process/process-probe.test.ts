import { describe, expect, it, vi } from 'vitest'
import { processProbe, processProbeKind } from '../../src/index.ts'
import { collect, faultOf } from '../collect-once.ts'

const busyFor = (ms: number): void => {
  const until = performance.now() + ms
  while (performance.now() < until);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('this process', () => {
  it('is measured', async () => {
    const probe = processProbe()
    await pause(100)
    const { rss, heapUsed } = process.memoryUsage()
    const observation = await collect(probe)
    await probe.close?.()
    expect(observation).toMatchObject({ outcome: 'value', value: { status: 'up', pid: process.pid, node: process.version } })
    const { values } = observation
    expect(Object.keys(values).sort()).toEqual(
      ['cpuPercent', 'eventLoopDelayMs', 'eventLoopPercent', 'heapMb', 'ramPercent', 'rssMb', 'uptimeS'].sort(),
    )
    expect(values.rssMb).toBeGreaterThan(rss / 1e6 / 2)
    expect(values.rssMb).toBeLessThan((rss / 1e6) * 2)
    expect(values.heapMb).toBeGreaterThan(heapUsed / 1e6 / 2)
    expect(values.ramPercent).toBeGreaterThan(0)
    expect(values.ramPercent).toBeLessThanOrEqual(100)
    expect(Math.abs(values.uptimeS! - process.uptime())).toBeLessThan(5)
  })

  it('that is busy shows it, and not any more afterwards', async () => {
    const startedAt = performance.now()
    const cpuBefore = process.cpuUsage()
    const probe = processProbe()
    await pause(50)
    for (let round = 0; round < 8; round++) {
      busyFor(150)
      await pause(1)
    }
    const { values: busy } = await collect(probe)
    // However little of the cores other processes leave, this is what the process has had.
    const { user, system } = process.cpuUsage(cpuBefore)
    const expectedPercent = (user + system) / 10 / (performance.now() - startedAt)
    expect(Math.abs(busy.cpuPercent! - expectedPercent)).toBeLessThan(expectedPercent / 2)
    expect(busy.eventLoopDelayMs).toBeGreaterThan(100)
    expect(busy.eventLoopPercent).toBeGreaterThan(50)
    // Too few calm samples follow to move a percentile that still held the busy ones.
    await vi.waitFor(
      async () => {
        await pause(100)
        const { values: calm } = await collect(probe)
        expect(calm.eventLoopDelayMs).toBeLessThan(100)
        expect(calm.eventLoopPercent).toBeLessThan(busy.eventLoopPercent!)
      },
      { timeout: 5_000, interval: 1 },
    )
    await probe.close?.()
  })

  it('measured twice at once has no time to have used', async () => {
    const probe = processProbe({ clock: { now: () => 0, monotonic: () => 5, setTimer: () => () => {} } })
    expect((await collect(probe)).values).not.toHaveProperty('cpuPercent')
    await probe.close?.()
  })

  it('takes no options so far, and can be left without', () => {
    const { parse } = processProbeKind()
    expect(parse(undefined)).toEqual({})
    expect(() => parse({ pid: 1 })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
  })

  it('is not measured for nobody', async () => {
    const probe = processProbe()
    expect(faultOf(await probe.collect({ region: 'r', signal: AbortSignal.abort() }))).toMatch(/^ABORTED: /)
    await probe.close?.()
  })
})

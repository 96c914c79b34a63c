import { describe, expect, it } from 'vitest'
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
    const probe = processProbe()
    await pause(50)
    for (let round = 0; round < 4; round++) {
      busyFor(200)
      await pause(1)
    }
    const { values: busy } = await collect(probe)
    await pause(600)
    const { values: calm } = await collect(probe)
    await probe.close?.()
    // Other processes share the cores, so that the bounds are wide; the figures lie far apart.
    expect(busy.eventLoopDelayMs).toBeGreaterThan(150)
    expect(busy.eventLoopPercent).toBeGreaterThan(60)
    expect(busy.cpuPercent).toBeGreaterThan(20)
    expect(calm.eventLoopPercent).toBeLessThan(busy.eventLoopPercent! / 2)
    expect(calm.cpuPercent).toBeLessThan(busy.cpuPercent!)
    expect(calm.eventLoopDelayMs).toBeLessThan(150)
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

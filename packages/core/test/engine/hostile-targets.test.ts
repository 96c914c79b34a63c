import { expect, test } from 'vitest'
import { allowAll, createSightline, type PollerStatus, type Sightline } from '../../src/index.ts'
import { startProvider } from './support/provider.ts'

const intervalMs = 600
const timeoutMs = 500
/** Five intervals, as the circuit's policy has it. */
const openMs = 5 * intervalMs

/** Each way to misbehave, and how it is told. */
const bad: Readonly<Record<string, readonly [code: string, message: RegExp]>> = {
  '/hang': ['TIMEOUT', /^Timed out while waiting for 127\.0\.0\.1:\d+ to answer\.$/],
  '/slow-headers': ['TIMEOUT', /^Timed out while waiting/],
  '/drip': ['TIMEOUT', /^Timed out while reading the body from 127\.0\.0\.1:\d+, after \d+ bytes\.$/],
  '/huge': ['TOO_LARGE', /is longer than 1048576 bytes\.$/],
  '/gzip-bomb': ['TOO_LARGE', /is longer than 1048576 bytes once decompressed\.$/],
  '/redirect-loop': ['UNAVAILABLE', /redirect/],
  '/redirect-file': ['UNAVAILABLE', /redirect.*file:/],
  '/reset': ['UNAVAILABLE', /^Connection closed by 127\.0\.0\.1:\d+ before it answered\.$/],
  '/reset-mid-body': ['UNAVAILABLE', /^Connection closed by 127\.0\.0\.1:\d+ amid the body/],
  '/bad-json': ['BAD_DOCUMENT', /not valid JSON/],
  '/bad-utf8': ['BAD_DOCUMENT', /UTF-8/],
  '/deep-json': ['BAD_DOCUMENT', /nested deeper than 200 levels/],
}
const badPaths = Object.keys(bad)
const healthyNames = Array.from({ length: 50 }, (_, index) => `healthy-${index}`)

interface Check {
  readonly at: number
  readonly status: PollerStatus
}

const pollersOf = async (sightline: Sightline): Promise<ReadonlyMap<string, PollerStatus>> => {
  const frame = await sightline.read({ topic: 'pollers', as: 'system' })
  const items = frame?.kind === 'keyed' ? frame.put.map(([, , item]) => item as PollerStatus) : []
  return new Map(items.map((status) => [status.region, status]))
}

const tcpHandles = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length

test('twelve targets that misbehave, each in its own way, beside fifty good ones: each ends in time and is told apart, and nobody waits for it', async () => {
  await using hostile = await startProvider()
  await using good = await startProvider()
  const handlesBefore = tcpHandles()
  const regions = Object.fromEntries<{ readonly url: string }>([
    ...badPaths.map((path) => [path, { url: hostile.url(path) }] as const),
    ...healthyNames.map((name) => [name, { url: good.url(`/${name}`) }] as const),
  ])
  const sightline = createSightline({ access: allowAll(), apis: { fleet: { intervalMs, timeoutMs, retries: 1, regions } } })
  const checks = new Map<string, Check[]>()
  const opened: PollerStatus[] = []
  const changes: string[] = []
  sightline.on('target:checked', (status) => {
    if (!checks.has(status.region)) checks.set(status.region, [])
    checks.get(status.region)?.push({ at: performance.now(), status })
  })
  sightline.on('circuit:opened', (status) => void opened.push(status))
  sightline.on('snapshot:changed', ({ region }) => void changes.push(region))
  await sightline.start()

  await expect.poll(() => new Set(changes).size, { timeout: 10_000 }).toBe(badPaths.length + healthyNames.length)
  await hostile.turn()
  await good.lateness()
  const turnedAt = performance.now()
  // Five polls, a pause, and one poll more.
  const since = (region: string): readonly Check[] => (checks.get(region) ?? []).filter(({ at }) => at >= turnedAt)
  const isReopened = (path: string): boolean => since(path).some(({ status }) => status.consecutiveFailures > 5)
  await expect.poll(() => badPaths.filter((path) => !isReopened(path)), { timeout: 30_000 }).toEqual([])
  const watchedMs = performance.now() - turnedAt
  // What a busy machine adds to everything, told by a process that has nothing to do but to be punctual.
  const noiseMs = 50 + 2 * (await good.lateness())

  const pollers = await pollersOf(sightline)
  for (const path of badPaths) {
    const [code, message] = bad[path] ?? []
    const failed = since(path).filter(({ status }, index, all) => status.failures > (all[index - 1]?.status.failures ?? 0))
    const at = (count: number): Check | undefined => failed.find(({ status }) => status.consecutiveFailures === count)
    expect
      .soft(pollers.get(path), path)
      .toMatchObject({ state: 'open', lastError: { code, message: expect.stringMatching(message as RegExp) } })
    for (const { status } of failed.slice(1)) expect.soft(status.latencyMs, path).toBeLessThanOrEqual(timeoutMs * 1.1 + noiseMs)
    // Left alone at the fifth failure in a row for half of five intervals to five, then for twice as long.
    for (const { status } of failed) {
      expect.soft(status.state, path).toBe(status.consecutiveFailures < 5 ? 'failing' : 'open')
      if (status.state !== 'open') continue
      const pause = (status.retryAt ?? 0) - (status.attemptedAt ?? 0)
      const full = openMs * 2 ** (status.consecutiveFailures - 5)
      expect.soft(pause, path).toBeGreaterThanOrEqual(full / 2 - 5)
      expect.soft(pause, path).toBeLessThanOrEqual(full + 5)
    }
    expect.soft((at(6)?.at ?? 0) - (at(5)?.at ?? 0), path).toBeGreaterThanOrEqual(openMs / 2 - 50)
    const kept = await sightline.call({ operation: 'metrics.get', input: { api: 'fleet', region: path }, as: 'system' })
    expect.soft(kept, path).toMatchObject({ revision: 1, data: { calm: path } })
  }
  expect(opened.map(({ region }) => region).sort()).toEqual([...badPaths].sort())
  const firstPauses = opened.map(({ retryAt, attemptedAt }) => Math.round((retryAt ?? 0) - (attemptedAt ?? 0)))
  expect(new Set(firstPauses).size).toBeGreaterThan(badPaths.length / 2)

  const lateBy: number[] = []
  for (const name of healthyNames) {
    const seen = since(name)
    expect.soft(seen.length, name).toBeGreaterThanOrEqual(Math.floor(((watchedMs - noiseMs) / intervalMs) * 0.8))
    for (const [index, { at }] of seen.slice(1).entries()) lateBy.push(at - (seen[index]?.at ?? 0) - intervalMs)
    expect.soft(pollers.get(name)?.state, name).toBe('up')
    expect.soft(pollers.get(name)?.failures, name).toBeLessThanOrEqual(Math.ceil(noiseMs / timeoutMs) - 1)
  }
  lateBy.sort((a, b) => a - b)
  expect(lateBy[Math.floor(lateBy.length * 0.95)]).toBeLessThan(intervalMs / 4 + noiseMs)
  expect(changes).toHaveLength(badPaths.length + healthyNames.length)

  await sightline.stop()
  await expect.poll(() => hostile.openConnections(), { timeout: 2_000 }).toBe(0)
  await expect.poll(() => good.openConnections(), { timeout: 2_000 }).toBe(0)
  await expect.poll(tcpHandles, { timeout: 2_000 }).toBe(handlesBefore)
}, 60_000)

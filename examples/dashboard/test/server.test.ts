import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eventually } from '../../../packages/dashboard/test/support/eventually.ts'
import { type DashboardProcess, runDashboard } from './support/dashboard-process.ts'

vi.setConfig({ testTimeout: 120_000 })

let directory: string
let running: DashboardProcess[]
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sightline-dashboard-'))
  running = []
})
afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL')
  await Promise.all(running.map(({ ended }) => ended))
  await rm(directory, { recursive: true, force: true })
})

const run = (variables: Record<string, string> = {}): DashboardProcess => {
  const dashboard = runDashboard({ directory, variables })
  running.push(dashboard)
  return dashboard
}

const loadJson = async (url: string): Promise<Record<string, unknown>> => {
  const response = await fetch(url)
  expect(response.status).toBe(200)
  return (await response.json()) as Record<string, unknown>
}

/** The processes of the fleet: each server's document names its own. */
const fleetPids = async (url: string): Promise<readonly number[]> => {
  const { regions } = (await loadJson(`${url}/api/v1/info`)) as { regions: readonly string[] }
  return Promise.all(
    regions.map(async (region) => {
      const frame = await loadJson(`${url}/api/v1/topics/metrics?api=fleet&region=${region}`)
      return (frame.data as { data: { process: { pid: number } } }).data.process.pid
    }),
  )
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('the server', () => {
  it('polls a fleet of six processes where nothing is configured, and ends in order at SIGTERM', async () => {
    const dashboard = run()
    const url = await dashboard.ready
    const info = await loadJson(`${url}/api/v1/info`)
    expect(info).toMatchObject({ access: 'allow-all', adapters: { storage: 'sqlite' } })
    expect(info.regions).toEqual(['us-east', 'us-west', 'eu-west', 'eu-central', 'sa-east', 'ap-southeast'])
    await eventually(() => fleetPids(url).catch(() => [])).toHaveLength(6)
    const pids = await fleetPids(url)
    expect(new Set(pids).size).toBe(6)
    expect(pids.every(isAlive)).toBe(true)

    const stoppedAt = performance.now()
    expect(await dashboard.stop()).toBe(0)
    expect(performance.now() - stoppedAt).toBeLessThan(10_000)
    expect(pids.filter(isAlive)).toEqual([])
    expect(dashboard.output.stderr).toBe('')
  })

  it('leaves no server of the fleet behind when it is killed', async () => {
    const dashboard = run()
    const url = await dashboard.ready
    await eventually(() => fleetPids(url).catch(() => [])).toHaveLength(6)
    const pids = await fleetPids(url)
    dashboard.child.kill('SIGKILL')
    expect(await dashboard.ended).toBe('SIGKILL')
    await eventually(() => pids.filter(isAlive)).toEqual([])
  })

  it('polls what SIGHTLINE_CONFIG names, and says no more of it than is safe', async () => {
    const provider = createServer((request, response) => {
      response.end(JSON.stringify({ key: request.headers['x-key'] === 'hunter2' ? 'right' : 'wrong' }))
    })
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
    const target = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/status`
    const regions = { 'us-east': { url: target, intervalMs: 500, label: 'US East', headers: { 'x-key': 'hunter2' } } }
    await writeFile(
      path.join(directory, 'my.json'),
      JSON.stringify({ apis: { orders: { intervalMs: 1_000, timeoutMs: 800, regions } } }),
    )
    await writeFile(path.join(directory, '.env'), 'SIGHTLINE_CONFIG=my.json\nDATABASE_URL=sqlite:./ignored.db')
    const dashboard = run({ DATABASE_URL: 'memory:' })
    const url = await dashboard.ready
    const info = await loadJson(`${url}/api/v1/info`)
    expect(info).toMatchObject({
      apis: [{ name: 'orders', regions: [{ name: 'us-east', label: 'US East', intervalMs: 500, timeoutMs: 800 }] }],
      adapters: { storage: 'memory' },
    })
    const read = () => loadJson(`${url}/api/v1/topics/metrics?api=orders&region=us-east`).catch(() => null)
    await eventually(read).toMatchObject({ data: { data: { key: 'right' } } })
    expect(JSON.stringify(info)).not.toContain('hunter2')
    expect(await dashboard.stop()).toBe(0)
    expect(dashboard.output.stdout).not.toContain('hunter2')
    await new Promise((resolve) => provider.close(resolve))
  })
})

describe('a start that cannot be', () => {
  it('lists every fault of a bad configuration with its path, shows no stack, ends with 2', async () => {
    await writeFile(
      path.join(directory, 'sightline.config.json'),
      JSON.stringify({ apis: { orders: { intervalMs: 1, regions: { 'us-east': { url: 'ftp://x' }, 'eu-west': {} } } } }),
    )
    const { ended, output } = run()
    expect(await ended).toBe(2)
    expect(output).toEqual({
      stdout: '',
      stderr: [
        `${path.join(directory, 'sightline.config.json')} has 3 faults.`,
        '  apis.orders.intervalMs: must be a whole number of ms from 100 to 86,400,000',
        '  apis.orders.regions.us-east.url: must be an http:// or https:// URL',
        '  apis.orders.regions.eu-west: needs a url',
        '',
      ].join('\n'),
    })
  })

  it('lists every fault of a bad environment, never a value, ends with 2', async () => {
    const { ended, output } = run({ SERVER_PORT: 'hunter2', DATABASE_URL: 'mysql://user:hunter2@db/x', NODE_ENV: 'prod' })
    expect(await ended).toBe(2)
    expect(output.stderr.split('\n').map((line) => line.trim().split(':')[0])).toEqual([
      'The environment has 3 faults.',
      'NODE_ENV',
      'DATABASE_URL',
      'SERVER_PORT',
      '',
    ])
    expect(output.stderr).not.toContain('hunter2')
  })

  it('lists the faults of environment and configuration together', async () => {
    await writeFile(
      path.join(directory, 'sightline.config.json'),
      JSON.stringify({ apis: { orders: { regions: { here: {} } } } }),
    )
    const { ended, output } = run({ SERVER_PORT: 'many' })
    expect(await ended).toBe(2)
    expect(output.stderr.split('\n').map((line) => line.trim().split(': ')[0])).toEqual([
      'The environment has a fault.',
      'SERVER_PORT',
      `${path.join(directory, 'sightline.config.json')} has a fault.`,
      'apis.orders.regions.here',
      '',
    ])
  })

  it('says that a port is in use, ends with 1, leaves nothing running', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    const { ended, output } = run({ SERVER_PORT: String(port) })
    expect(await ended).toBe(1)
    expect(output.stderr).toBe(
      `Port ${port} of 127.0.0.1 is in use by another program. Set SERVER_PORT (or HOST) to another, or stop what uses it.\n`,
    )
    await new Promise((resolve) => other.close(resolve))
  })

  it('in production lets others in only with an access policy of its own', async () => {
    const refused = run({ NODE_ENV: 'production', HOST: '0.0.0.0' })
    expect(await refused.ended).toBe(2)
    expect(refused.output.stderr).toContain('HOST: 0.0.0.0 lets others in, and nothing says who may do what')
    await writeFile(
      path.join(directory, 'sightline.config.ts'),
      `import { allowAll } from '${import.meta.resolve('@sightline/core')}'
       export default { access: allowAll(), apis: { a: { intervalMs: 60_000, regions: { b: { url: 'http://127.0.0.1:9' as string } } } } }`,
    )
    const allowed = run({ NODE_ENV: 'production', HOST: '0.0.0.0' })
    expect(await allowed.ready).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/)
    expect(await allowed.stop()).toBe(0)
  })
})

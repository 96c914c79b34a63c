import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Six HTTP servers, one per default region, each a process of its own on loopback. */
export interface Fleet {
  /** Where each region's server answers; stays the same when a server is started again. */
  readonly urls: Readonly<Record<FleetRegion, string>>
  /** The process of a region's server at this moment. */
  pid(region: FleetRegion): number | undefined
  stop(): Promise<void>
}

export const fleetRegions = {
  'us-east': 'US East',
  'us-west': 'US West',
  'eu-west': 'EU West',
  'eu-central': 'EU Central',
  'sa-east': 'South America East',
  'ap-southeast': 'Asia Pacific Southeast',
} as const

export type FleetRegion = keyof typeof fleetRegions

/** The addresses of a fleet that another process starts: to be shown, never asked. */
export const fleetElsewhere = Object.fromEntries(
  Object.keys(fleetRegions).map((region) => [region, 'http://127.0.0.1:1/status']),
) as Fleet['urls']

export interface FleetOptions {
  /** How long a server that died stays away before it is started again, in ms. Default 5,000. */
  readonly restartAfterMs?: number
}

const program = fileURLToPath(new URL('./fleet-server.ts', import.meta.url))
const killAfterMs = 2_000

/** Starts the servers and resolves when all of them answer. They end with this process, also when it is killed. */
export const startFleet = async ({ restartAfterMs = 5_000 }: FleetOptions = {}): Promise<Fleet> => {
  const children = new Map<FleetRegion, ChildProcess>()
  const restarts = new Set<NodeJS.Timeout>()
  let isStopping = false

  const start = async (region: FleetRegion, port: number): Promise<number> => {
    // Nothing of this process's environment: it holds secrets, and the servers need none of it.
    const child = fork(program, [region, String(port)], { env: {}, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    children.set(region, child)
    const said = await Promise.race([once(child, 'message'), once(child, 'exit')])
    const listening: unknown = said[0]
    if (typeof listening !== 'object' || listening === null || !('port' in listening))
      throw new Error(`The server of ${region} did not start.`)
    const chosen = Number(listening.port)
    child.once('exit', () => {
      if (!isStopping) scheduleRestart(region, chosen)
    })
    return chosen
  }

  const scheduleRestart = (region: FleetRegion, port: number): void => {
    const timer = setTimeout(() => {
      restarts.delete(timer)
      start(region, port).catch(() => {
        if (!isStopping) scheduleRestart(region, port)
      })
    }, restartAfterMs)
    restarts.add(timer)
  }

  const stop = async (): Promise<void> => {
    isStopping = true
    for (const timer of restarts) clearTimeout(timer)
    await Promise.all([...children.values()].map(stopServer))
  }

  try {
    const regions = Object.keys(fleetRegions) as FleetRegion[]
    const urls = await Promise.all(
      regions.map(async (region) => [region, `http://127.0.0.1:${await start(region, 0)}/status`] as const),
    )
    return { urls: Object.fromEntries(urls) as Fleet['urls'], pid: (region) => children.get(region)?.pid, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const stopServer = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  if (child.connected) child.disconnect()
  await gone
  clearTimeout(timer)
}

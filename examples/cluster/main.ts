/** A whole cluster on this machine: nginx, three web processes, two pollers, Redis and PostgreSQL, polling the fleet of six. */
import { once } from 'node:events'
import path from 'node:path'
import process from 'node:process'
import { fleetRegions, startFleet } from '@sightline-examples/dashboard/fleet'
import { startCluster } from './cluster.ts'

const port = Number(process.env.SERVER_PORT ?? 5_100)
const folder = path.resolve(process.env.CLUSTER_DATA ?? './data/cluster')

const interrupted = new AbortController()
// A service manager tells every process of a group, and whoever started this one passes it on: the second time is no other wish.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.on(signal, () => interrupted.abort(new Error(`Interrupted by ${signal}.`)))

const fleet = await startFleet()
const regions = Object.fromEntries(
  Object.entries(fleetRegions).map(([region, label]) => [
    region,
    { url: fleet.urls[region as keyof typeof fleetRegions], label },
  ]),
)
try {
  const cluster = await startCluster({
    folder,
    port,
    config: { apis: { fleet: { intervalMs: 1_000, ignore: ['generatedAt'], regions } } },
    signal: interrupted.signal,
    tell: (text) => console.log(text),
  })
  console.log(`\nThe cluster is ready on ${cluster.url}. Kill any of its processes: it is started again, and nothing is lost.`)
  if (!interrupted.signal.aborted) await once(interrupted.signal, 'abort')
  await cluster.stop()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  await fleet.stop()
}

/** A whole cluster on this machine: nginx, three web processes, two pollers, Redis and PostgreSQL, polling the fleet of six. */
import path from 'node:path'
import process from 'node:process'
import { fleetRegions, startFleet } from '@sightline-examples/dashboard/fleet'
import { startCluster } from './cluster.ts'

const port = Number(process.env.SERVER_PORT ?? 5_100)
const folder = path.resolve(process.env.CLUSTER_DATA ?? './data/cluster')

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
    tell: (text) => console.log(text),
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, async () => {
      await cluster.stop()
      await fleet.stop()
      process.exit(0)
    })
  }
  console.log(`\nThe cluster is ready on ${cluster.url}. Kill any of its processes: it is started again, and nothing is lost.`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  await fleet.stop()
  process.exit(1)
}

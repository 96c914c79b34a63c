import { defineConfig } from '@sightline/core'
import { type FleetRegion, fleetRegions } from './fleet.ts'

/** What is polled where nothing else is configured: the fleet on loopback, once a second. */
export const fleetConfig = (urls: Readonly<Record<FleetRegion, string>>, channels: readonly string[]) =>
  defineConfig({
    apis: {
      fleet: {
        intervalMs: 1_000,
        timeoutMs: 800,
        // Every poll makes these differ; none of them is news.
        ignore: ['generatedAt', 'requests.served', 'uptime'],
        // Noise below these is no change either; a drift adds up and is one.
        deadband: {
          'process.cpuPercent': 0.5,
          'process.memory.*': { percent: 1 },
          'process.eventLoop.*': 0.5,
          'host.cpuPercent': 2,
          'host.load.*': 0.05,
          'host.memory.usedPercent': 0.2,
        },
        regions: Object.fromEntries(
          Object.entries(fleetRegions).map(([region, label]) => [region, { url: urls[region as FleetRegion], label }]),
        ),
      },
    },
    // The same servers once more, as services: down, an incident, a message; up again, resolved.
    services: Object.fromEntries(
      Object.entries(fleetRegions).map(([region, label]) => [
        `fleet-${region}`,
        { title: `Fleet ${label}`, url: urls[region as FleetRegion], regions: [region], intervalMs: 2_000, tags: ['fleet'] },
      ]),
    ),
    // Whoever stops a server to see what happens will not wait long for its end.
    rules: { 'service-down': { keepFiringForMs: 10_000 } },
    // A person at the screen would rather see it at once than in one message with what fails within half a minute.
    routes: [{ channels, groupWaitMs: 2_000 }],
    retention: { historyDays: 7 },
  })

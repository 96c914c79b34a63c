import { setTimeout as wait } from 'node:timers/promises'
import { incidentId } from '../../../src/incidents/incident-id.ts'
import { systemClock } from '../../../src/ports/clock.ts'
import type { StorageDriver } from '../../../src/ports/storage.ts'
import {
  decision,
  type IncidentProcess,
  incidentPlan,
  incidentProcess,
  storedIncidents,
  testNetwork,
} from './incident-process.ts'

const OPENERS = 50
const PATIENCE_MS = 60_000
const key = { team: 'default', rule: 'high-latency', service: 'checkout', region: 'eu-west' }

/** What the scenario has to end with. */
const openedAtOnce = {
  first: incidentId(key, { ordinal: 1, at: 0 }),
  second: incidentId(key, { ordinal: 2, at: 0 }),
}

/**
 * Fifty openers of the same rule, service and region at once, each a process of its own that nobody tells of the others; then some see its
 * end; then all open its successor, though most have not heard of the end. Answers what is stored after each. `driver` gives drivers of one
 * empty store.
 */
export const openAtOnce = async (driver: () => StorageDriver, { drivers = 5 } = {}) => {
  const clock = systemClock()
  const connected: StorageDriver[] = []
  for (let n = 0; n < drivers; n++) {
    const each = driver()
    await each.connect(incidentPlan)
    connected.push(each)
  }
  const [first] = connected as [StorageDriver]
  const processes = Array.from({ length: OPENERS }, (_, n) => {
    const shared = connected[n % drivers] as StorageDriver
    const lasting: StorageDriver = {
      ...shared,
      connect: async () => ({ watch: false, transactions: true }),
      close: async () => {},
      ping: () => shared.ping(),
      collection: (definition) => shared.collection(definition),
      commit: (commits) => shared.commit(commits),
    }
    return incidentProcess({ driver: lasting, clock, name: `opener ${n}`, network: testNetwork(), storageTimeoutMs: 30_000 })
  })

  const until = async (isDone: (process: IncidentProcess) => boolean, some = processes): Promise<void> => {
    const startedAt = clock.monotonic()
    while (!some.every((process) => isDone(process) && process.journal.waiting.length === 0)) {
      if (clock.monotonic() - startedAt > PATIENCE_MS) throw new Error('the openers do not come to an end')
      await wait(20)
    }
  }
  const activeOf = ({ part }: IncidentProcess): string =>
    part
      .active('default')
      .map(({ id }) => id)
      .join()

  try {
    await Promise.all(processes.map((process) => process.start()))
    const at = clock.now() - 7_200_000
    for (const { part } of processes) part.decide([decision('open', at)])
    await until((process) => activeOf(process) === openedAtOnce.first)
    const opened = await storedIncidents(first)

    const some = processes.slice(0, 10)
    for (const { part } of some) part.decide([decision('resolve', at + 1)])
    await until((process) => activeOf(process) === '', some)
    const resolved = await storedIncidents(first)

    // Long after the reopen window.
    for (const { part } of processes) part.decide([decision('resolve', at + 1), decision('open', at + 3_600_000)])
    await until((process) => activeOf(process) === openedAtOnce.second)
    const again = await storedIncidents(first)
    return { opened, resolved, again }
  } finally {
    await Promise.all(processes.map((process) => process.stop()))
    for (const each of connected) await each.close()
  }
}

export type OpenedAtOnce = Awaited<ReturnType<typeof openAtOnce>>

/** What of it a test compares. */
export const outlineOf = ({ opened, resolved, again }: OpenedAtOnce) =>
  [opened, resolved, again].map(({ records, notices }) => ({
    incidents: records.map(({ incident }) => [incident.id, incident.status, incident.ordinal]),
    notices: notices.toSorted(),
  }))

/** At every point at most one that is not resolved, and each announced once. */
export const expectedOutline = () => {
  const { first, second } = openedAtOnce
  return [
    { incidents: [[first, 'open', 1]], notices: [`${first} 1 opened`] },
    { incidents: [[first, 'resolved', 1]], notices: [`${first} 1 opened`, `${first} 2 resolved`] },
    {
      incidents: [
        [first, 'resolved', 1],
        [second, 'open', 2],
      ],
      notices: [`${first} 1 opened`, `${first} 2 resolved`, `${second} 1 opened`].toSorted(),
    },
  ]
}

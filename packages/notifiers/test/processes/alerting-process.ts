/**
 * Opens and resolves incidents as fast as storage lets it, and tells of them by webhook, until it is killed; storage is away now and then.
 * Started with `finish` it opens no more, tells what is left, and ends when nothing is left to tell.
 */
import { flushCompileCache } from 'node:module'
import path from 'node:path'
import { sqliteStorage } from '@sightline/adapter-sql'
import { SightlineError, silentLogger, systemClock } from '@sightline/core'
import type { StorageDriver } from '@sightline/core/ports'
import { ALERT_COLLECTIONS, ALERTS, DELIVERIES } from '../../../core/src/alerts/alert-records.ts'
import { type AlertsDeps, createAlertsPart } from '../../../core/src/alerts/alerts-part.ts'
import type { IncidentChange } from '../../../core/src/domain/incident-change.ts'
import { soleLeader } from '../../../core/src/leadership.ts'
import type { Incident } from '../../../core/src/protocol/incidents.ts'
import { createJournal } from '../../../core/src/storage/journal.ts'
import { listAllRecords } from '../../../core/src/storage/list-records.ts'
import { createStorageLink } from '../../../core/src/storage/storage-link.ts'
import { INCIDENTS, incident } from '../../../core/test/alerts/support/alerts-engine.ts'
import { fileSpool, webhook } from '../../src/index.ts'

// Who is killed writes nothing at its end.
flushCompileCache()

const [folder = '', url = '', mode = 'work'] = process.argv.slice(2)
const clock = systemClock()
const logger = silentLogger()
const storage = sqliteStorage({ file: path.join(folder, 'alerts.db') })
let isAway = false

const guard =
  <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>) =>
  (...args: A): Promise<R> =>
    isAway ? Promise.reject(new SightlineError('UNAVAILABLE', 'Storage is away.')) : call(...args)

const driver: StorageDriver = {
  ...storage,
  ping: guard(storage.ping),
  commit: guard(storage.commit),
  collection: (definition) => {
    const collection = storage.collection(definition)
    return { ...collection, load: guard(collection.load), list: guard(collection.list) }
  },
}

const link = createStorageLink({
  driver,
  plan: { collections: [INCIDENTS as never, ...ALERT_COLLECTIONS], format: { writes: 1, reads: 1 } },
  clock,
  random: Math.random,
  logger,
  timeoutMs: 2_000,
  prove: async () => {},
  onUp: () => {
    journal.storageUp()
    part.storageUp?.()
  },
  onAway: () => {},
})
const journal = createJournal({ link, spool: fileSpool({ file: path.join(folder, 'spool') }), clock, logger, answerWithinMs: 50 })
const active = new Map<string, Incident>()
const part = createAlertsPart({
  clock,
  random: Math.random,
  randomId: () => crypto.randomUUID(),
  logger,
  origin: String(process.pid),
  link,
  leadership: soleLeader(),
  remote: { isAlone: true, carry: () => {}, hear: () => {} },
  emitter: { emit: () => false, has: () => false } as unknown as AlertsDeps['emitter'],
  publish: () => {},
  journal,
  notifiers: { hook: webhook({ url, secret: 'a-secret-of-sixteen' }) },
  routes: [{ channels: ['hook'], groupBy: ['service'], groupWaitMs: 0, groupIntervalMs: 0, repeatMs: 0 }],
  retry: { baseMs: 20, capMs: 100 },
  activeIncidents: () => [...active.values()].map((one) => ({ team: 'default', incident: one })),
})

/** As the keeper of incidents does it: the step and what is to be told of it in one commit. */
const commit = async (change: Pick<IncidentChange, 'incident' | 'kind' | 'step'>): Promise<void> => {
  const whole = { ...change, team: 'default', at: clock.now() }
  const inserts = part.plan(whole)
  const id = `${change.incident.id} ${change.step}`
  const write = { store: INCIDENTS.name, id, team: 'default', expected: null, writeId: id, at: whole.at, value: change.incident }
  await journal.write({ write, then: inserts })
  if (change.kind === 'resolved') active.delete(change.incident.id)
  else active.set(change.incident.id, change.incident)
  part.planned(inserts)
  process.send?.(id)
}

await journal.start()
// What an earlier process had begun: as much as is known at once.
for (const { write } of journal.waiting) if (write.store === INCIDENTS.name) note(write.id, write.value as Incident)
await link.open()
for (const { id, value } of await listAllRecords(link, INCIDENTS as typeof INCIDENTS, {
  scope: 'system',
  index: 'all',
  equals: {},
  order: 'asc',
}))
  note(id, value)

function note(id: string, value: Incident): void {
  if (id.endsWith(' 2')) active.delete(value.id)
  else active.set(value.id, value)
}

await part.start()
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const resolveAll = async (): Promise<void> => {
  for (const one of [...active.values()]) await commit({ incident: { ...one, status: 'resolved' }, kind: 'resolved', step: 2 })
}

if (mode === 'work') {
  setInterval(() => {
    isAway = Math.random() < 0.4
  }, 60)
  for (let index = 0; ; index++) {
    await commit({ incident: incident({ id: `${process.pid}-${index}` }), kind: 'opened', step: 1 })
    if (index % 3 === 2) await resolveAll()
    await pause(Math.random() * 8)
  }
}

await resolveAll()
for (;;) {
  await pause(100)
  const open = await Promise.all([
    listAllRecords(link, ALERTS, { scope: 'system', index: 'byStatus', equals: { status: 'waiting' }, order: 'asc' }),
    listAllRecords(link, DELIVERIES, { scope: 'system', index: 'byStatus', equals: { status: 'pending' }, order: 'asc' }),
  ])
  if (journal.waiting.length === 0 && open.flat().length === 0) break
}
await part.stop({ timeoutMs: 1_000 })
await journal.stop({ timeoutMs: 1_000 })
await link.close()
process.exit()

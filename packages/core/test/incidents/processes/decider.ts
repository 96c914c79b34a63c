import { writeSync } from 'node:fs'
import { sqliteStorage } from '../../../../adapter-sql/src/sqlite/sqlite-storage.ts'
import { fileSpool } from '../../../../notifiers/src/file-spool.ts'
import { systemClock } from '../../../src/ports/clock.ts'
import { switchableStorage } from '../../engine/support/switchable-storage.ts'
import { decision, incidentProcess } from '../support/incident-process.ts'

// Opens and resolves incidents of a few services for ever, with storage that comes and goes; reports each that is handed to the alerts.
const [file = '', spoolFile = '', name = ''] = process.argv.slice(2)
const SERVICES = 4

const clock = systemClock()
const storage = switchableStorage(sqliteStorage({ file }))
const { part, journal, planned, start } = incidentProcess({
  driver: storage,
  clock,
  spool: fileSpool({ file: spoolFile }),
  name,
  reopenWithinMs: 0,
  storageTimeoutMs: 300,
})
await start()
writeSync(1, 'started\n')

let told = 0
const report = (): void => {
  for (; told < planned.length; told++) writeSync(1, `told ${planned[told]?.id}\n`)
}
const drain = setInterval(report, 1)
const outages = (async () => {
  for (let n = 0; ; n++) {
    storage.trouble = (['none', 'refuses', 'none', 'loses-answers', 'hangs'] as const)[n % 5] ?? 'none'
    await new Promise((resolve) => setTimeout(resolve, 40))
  }
})()
for (let n = 0; ; n++) {
  const service = `service-${n % SERVICES}`
  const isActive = part.active('default').some((incident) => incident.service === service)
  part.decide([decision(isActive ? 'resolve' : 'open', clock.now(), { service })])
  await new Promise((resolve) => setTimeout(resolve, 3))
  if (journal.waiting.length > 10_000) break
}
clearInterval(drain)
await outages

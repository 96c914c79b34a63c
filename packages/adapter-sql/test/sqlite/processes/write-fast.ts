import { writeSync } from 'node:fs'
import { sqliteStorage } from '@sightline/adapter-sql'
import type { Version } from '@sightline/core/ports'

/** Writes as fast as it can, many calls at once, until it is killed; prints each answer as soon as it has it. */
const [file = '', lanes = '1'] = process.argv.slice(2)
const driver = sqliteStorage({ file })
await driver.connect({ collections: [], format: { writes: 1, reads: 1 } })
const series = { team: 'red', service: 'fast', region: 'eu' }

const writeLane = async (lane: number): Promise<never> => {
  const key = { team: 'red', api: 'fast', region: `lane-${lane}` }
  const [latest] = await driver.snapshots.load([key])
  for (let version: Version | null = latest?.version ?? null; ; ) {
    const next: number = (version?.revision ?? 0) + 1
    const body = JSON.stringify({ revision: next, padding: 'x'.repeat((next * 97) % 3_000) })
    const [[outcome]] = await Promise.all([
      driver.snapshots.replace([
        { key, expected: version, writeId: `${lane}/${next}`, at: next, body, hash: String(next), fence: 0, detector: '' },
      ]),
      driver.samples.append([{ series, at: next * 1_000 + lane, values: { next } }]),
    ])
    if (outcome?.ok !== true) throw new Error(`lane ${lane} lost: ${JSON.stringify(outcome)}`)
    version = outcome.record.version
    writeSync(1, `${lane} ${version.epoch} ${version.revision}\n`)
  }
}

await Promise.all(Array.from({ length: Number(lanes) }, (_, lane) => writeLane(lane)))

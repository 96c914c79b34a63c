import { sqliteStorage } from '@sightline/adapter-sql'
import { nextInput } from './child.ts'

/** Counts a document up so many times, against others who do the same. */
const [file = '', name = '', times = '0'] = process.argv.slice(2)
const driver = sqliteStorage({ file })
await driver.connect({ collections: [], format: { writes: 1, reads: 1 } })
const key = { team: 'red', api: 'counter', region: 'eu' }
console.log('ready')
await nextInput()
let conflicts = 0
for (let won = 0; won < Number(times); ) {
  const [current] = await driver.snapshots.load([key])
  const count = current === null || current === undefined ? 0 : Number(JSON.parse(current.body).count)
  const body = JSON.stringify({ count: count + 1, by: name })
  const write = {
    key,
    expected: current?.version ?? null,
    writeId: crypto.randomUUID(),
    at: count,
    body,
    hash: body,
    fence: 0,
    detector: '',
  }
  const [outcome] = await driver.snapshots.replace([write])
  if (outcome?.ok === true) won++
  else conflicts++
}
console.log(`conflicts ${conflicts}`)
await driver.close()

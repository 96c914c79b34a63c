import { sqliteStorage } from '@sightline/adapter-sql'
import { nextInput } from './child.ts'

/** Connects when it is told to, writes one document and ends. */
const [file = '', name = ''] = process.argv.slice(2)
const driver = sqliteStorage({ file })
console.log('ready')
await nextInput()
await driver.connect({ collections: [{ name: 'test.things', indexes: { byName: ['name'] } }], format: { writes: 1, reads: 1 } })
const [outcome] = await driver.snapshots.replace([
  {
    key: { team: 'red', api: 'orders', region: name },
    expected: null,
    writeId: name,
    at: 1,
    body: '1',
    hash: name,
    fence: 0,
    detector: '',
  },
])
console.log(`wrote ${outcome?.ok}`)
await driver.close()

import { postgresStorage } from '@sightline/adapter-sql'

/** Connects when it is told to, and ends. */
const [url = ''] = process.argv.slice(2)
const driver = postgresStorage({ url })
process.stdout.write('ready\n')
await new Promise((resolve) => process.stdin.once('data', resolve))
await driver.connect({ collections: [{ name: 'test.things', indexes: { byName: ['name'] } }], format: { writes: 1, reads: 1 } })
await driver.close()
process.stdout.write('connected\n')
process.stdin.destroy()

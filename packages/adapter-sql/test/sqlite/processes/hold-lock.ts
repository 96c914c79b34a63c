import { DatabaseSync } from 'node:sqlite'
import { nextInput } from './child.ts'

/** Holds the write lock of a file until it is told to end, or killed. */
const [file = ''] = process.argv.slice(2)
const database = new DatabaseSync(file, { timeout: 5_000 })
database.exec('begin immediate')
console.log('locked')
await nextInput()
database.exec('rollback')
database.close()

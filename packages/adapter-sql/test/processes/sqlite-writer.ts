import { writeSync } from 'node:fs'
import { sqliteStorage } from '@sightline/adapter-sql'
import { writeForever } from '@sightline/conformance'

const [file = ''] = process.argv.slice(2)
await writeForever({ driver: sqliteStorage({ file }), report: (line) => void writeSync(1, `${line}\n`) })

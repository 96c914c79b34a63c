import { writeSync } from 'node:fs'
import { postgresStorage } from '@sightline/adapter-sql'
import { writeForever } from '@sightline/conformance'

const [url = ''] = process.argv.slice(2)
await writeForever({ driver: postgresStorage({ url }), report: (line) => void writeSync(1, `${line}\n`) })

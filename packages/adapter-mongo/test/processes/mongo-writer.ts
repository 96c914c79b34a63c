import { writeSync } from 'node:fs'
import { mongoStorage } from '@sightline/adapter-mongo'
import { writeForever } from '@sightline/conformance'

const [url = ''] = process.argv.slice(2)
await writeForever({ driver: mongoStorage({ url }), report: (line) => void writeSync(1, `${line}\n`) })

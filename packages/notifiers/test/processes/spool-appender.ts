import { writeSync } from 'node:fs'
import { fileSpool } from '../../src/file-spool.ts'

// Appends numbers for ever, and reports each that was acknowledged.
const [file = '', from = '0'] = process.argv.slice(2)
const spool = fileSpool({ file })
for (let n = Number(from); ; n++) {
  await spool.append(JSON.stringify({ n, text: 'x'.repeat(n % 500) }))
  writeSync(1, `${n}\n`)
  if (n % 7 === 6) await spool.trim(3)
}

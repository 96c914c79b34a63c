import type { ByteReader } from './byte-reader.ts'
import { nameOfCode } from './name-codes.ts'
import { listed, repeated } from './repeated-stats.ts'
import { measured, readSized } from './sketch-bytes.ts'
import { FEW, type ValueStats } from './value-stats.ts'

const MAX_VALUES = 256
const MAX_NAME_BYTES = 512
/** How a number's statistics are written. */
const ALL_EQUAL = 0
const EACH = 1
const SKETCH = 2
const FORMS = 4

/** What the first form of a bucket holds behind its first byte: each value with its name, its form and its count. It is only read. */
export const readFormOne = (reader: ByteReader, names: ReadonlySet<string> | undefined): Map<string, ValueStats> => {
  const stats = new Map<string, ValueStats>()
  let count = 0
  while (!reader.isAtEnd) {
    if (++count > MAX_VALUES) throw new RangeError('they hold too many values')
    const name = readName(reader)
    if (stats.has(name)) throw new RangeError('a value is there twice')
    const value = readValue(reader, names === undefined || names.has(name))
    if (value !== null) stats.set(name, value)
  }
  return stats
}

const readName = (reader: ByteReader): string => {
  const code = reader.whole()
  if (code === 0) {
    const length = reader.whole()
    if (length > MAX_NAME_BYTES) throw new RangeError('a name is too long')
    return new TextDecoder().decode(reader.bytes(length))
  }
  const name = nameOfCode(code)
  if (name === null) throw new RangeError('a name is not known')
  return name
}

/** null where it is not wanted. */
const readValue = (reader: ByteReader, isWanted: boolean): ValueStats | null => {
  const head = reader.byte()
  const form = head % FORMS
  const count = head < FORMS ? reader.whole() : Math.floor(head / FORMS)
  if (form === SKETCH) return readSized(reader, count, isWanted)
  if (count === 0) throw new RangeError('a value was never measured')
  if (form === ALL_EQUAL) {
    const value = measured(reader.number())
    return isWanted ? repeated(count, value) : null
  }
  if (form !== EACH) throw new RangeError('a value is of no known form')
  if (count > FEW) throw new RangeError('a list is too long')
  const values = reader.numbers(count).map(measured)
  return isWanted ? listed(values) : null
}

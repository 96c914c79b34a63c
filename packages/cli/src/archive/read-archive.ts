import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { SightlineError } from '@sightline/core'
import type { ArchiveLine, ContentLine, EndLine } from './archive-line.ts'
import { contentChecksum } from './content-checksum.ts'

const damaged = (file: string, why: string, cause?: unknown): SightlineError =>
  new SightlineError('INCOMPATIBLE', `${file} is no whole archive: ${why}.`, cause === undefined ? {} : { cause })

async function* linesOf(file: string): AsyncGenerator<ArchiveLine> {
  const source = createReadStream(file)
  const text = source.pipe(createGunzip())
  // An error of the file itself would not reach who reads the text.
  source.on('error', (error) => text.destroy(error))
  let number = 0
  try {
    for await (const line of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
      number++
      const parsed: unknown = JSON.parse(line)
      if (typeof parsed !== 'object' || parsed === null) throw damaged(file, `line ${number} is no object`)
      yield parsed as ArchiveLine
    }
  } catch (thrown) {
    if (thrown instanceof SightlineError) throw thrown
    const isMissing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT'
    if (isMissing) throw new SightlineError('INVALID_INPUT', `There is no file ${file}.`, { cause: thrown })
    throw damaged(file, `it cannot be read after line ${number}`, thrown)
  } finally {
    source.destroy()
  }
}

/**
 * The content of an archive, in its order.
 *
 * @throws SightlineError `INCOMPATIBLE` where it is cut off, damaged, or of a later version; at the end where its checksum does not fit
 */
export async function* readArchive(file: string): AsyncGenerator<ContentLine, EndLine> {
  const checksum = contentChecksum()
  let isBegun = false
  for await (const line of linesOf(file)) {
    if (!isBegun) {
      if (line.kind !== 'sightline-archive') throw damaged(file, 'it does not begin as one')
      if (line.v !== 1) throw damaged(file, `it is of version ${String(line.v)}, and this program reads version 1`)
      isBegun = true
    } else if (line.kind === 'end') {
      if (line.checksum !== checksum.text) throw damaged(file, 'its content does not fit its checksum')
      return line
    } else if (line.kind !== 'sightline-archive') {
      checksum.add(line)
      yield line
    }
  }
  throw damaged(file, 'its end is missing')
}

/** Reads an archive to its end. Throws as `readArchive` does. */
export const verifyArchive = async (file: string): Promise<EndLine> => {
  const reading = readArchive(file)
  for (;;) {
    const { done, value } = await reading.next()
    if (done === true) return value
  }
}

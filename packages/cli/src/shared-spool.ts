import path from 'node:path'
import { SightlineError } from '@sightline/core'
import type { Spool } from '@sightline/core/ports'
import { fileSpool } from '@sightline/notifiers'

/** Processes on one database file that can each have a spool. */
const MOST = 16

/** A spool for one of several processes: the first file of the folder that no other process has, with what a dead one left in it. */
export const sharedSpool = (folder: string): Spool => {
  let own: Promise<Spool> | null = null

  const choose = async (): Promise<Spool> => {
    for (let number = 1; number <= MOST; number++) {
      const spool = fileSpool({ file: path.join(folder, `spool-${number}.ndjson`) })
      try {
        for await (const _ of spool.read()) break
        return spool
      } catch (thrown) {
        if (SightlineError.from(thrown).code !== 'CONFLICT') throw thrown
      }
    }
    throw new SightlineError('CONFLICT', `All ${MOST} spools in ${folder} are in use by other processes.`)
  }
  const chosen = (): Promise<Spool> => {
    own ??= choose()
    return own
  }

  return {
    append: async (line) => (await chosen()).append(line),
    read: async function* () {
      yield* (await chosen()).read()
    },
    trim: async (count) => (await chosen()).trim(count),
    close: async () => {
      await (await own?.catch(() => null))?.close()
    },
  }
}

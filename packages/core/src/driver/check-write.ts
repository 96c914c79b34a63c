import { SightlineError } from '../errors.ts'
import type { Write } from '../ports/collections.ts'
import { checkName, checkNumber } from './names.ts'

/**
 * A write with its value as it is now: the caller may go on changing it while the write waits for its turn.
 *
 * @throws SightlineError `INVALID_INPUT` for a bad name or time, for a value that is not JSON, and for a deletion without a version
 */
export const checkWrite = <W extends Write>(write: W): W => {
  checkName('id', write.id)
  checkName('team', write.team)
  checkNumber('The time of a write', write.at)
  if (write.deleted !== true) return { ...write, value: JSON.parse(toJsonText(write)) }
  if (write.expected === null) {
    throw new SightlineError('INVALID_INPUT', `Deleting from ${write.store} needs the version to delete.`)
  }
  return write
}

const toJsonText = ({ store, id, value }: Write): string => {
  try {
    const text: string | undefined = JSON.stringify(value)
    if (text !== undefined) return text
  } catch (cause) {
    throw new SightlineError('INVALID_INPUT', `The value of ${store} '${id}' is not JSON.`, { cause })
  }
  throw new SightlineError('INVALID_INPUT', `The value of ${store} '${id}' is not JSON.`)
}

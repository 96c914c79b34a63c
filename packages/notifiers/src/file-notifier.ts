import { appendFile, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { SightlineError } from '@sightline/core'
import { inertJson } from '@sightline/core/driver'
import type { Notifier } from '@sightline/core/ports'
import { boundedNotification } from './bounded-notification.ts'
import { abortedError, reasonOf } from './post-json.ts'

/** Where notifications are kept. */
export interface FileNotifierOptions {
  /** Its folder is made where there is none. Readable by its owner alone when it is new. */
  readonly file: string
}

/**
 * Appends each notification to a file as one line of JSON: `{ "id": …, "notification": … }`. Lines never mix. Whoever looks at the file in a
 * terminal is shown no control characters and no marks of direction: they are escaped, and are there when the line is parsed.
 *
 * @example
 * createSightline({ notifiers: { log: fileNotifier({ file: './data/alerts.ndjson' }) }, … })
 */
export const fileNotifier = ({ file }: FileNotifierOptions): Notifier => {
  let last: Promise<void> = Promise.resolve()

  const append = async (line: string): Promise<void> => {
    try {
      await mkdir(path.dirname(file), { recursive: true })
      await appendFile(file, line, { mode: 0o600 })
    } catch (thrown) {
      throw new SightlineError('UNAVAILABLE', `The file of notifications cannot be written${reasonOf(thrown)}.`)
    }
  }

  return {
    name: 'file',
    send: async (notification, { signal, idempotencyKey }) => {
      const line = `${inertJson(JSON.stringify({ id: idempotencyKey, notification: boundedNotification(notification) }))}\n`
      const written = last.then(() => {
        if (signal.aborted) throw abortedError('The file', signal)
        return append(line)
      })
      last = written.catch(() => {})
      await written
      return {}
    },
  }
}

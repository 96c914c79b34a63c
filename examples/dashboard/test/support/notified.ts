import { readFile } from 'node:fs/promises'
import path from 'node:path'

/** One line of the file that the channel `file` writes. */
export interface NotifiedLine {
  readonly id: string
  readonly notification: { readonly status: string; readonly title: string }
}

/** What the channel `file` was told so far, oldest first. */
export const readNotified = async (directory: string): Promise<readonly NotifiedLine[]> => {
  const text = await readFile(path.join(directory, 'data', 'notifications.ndjson'), 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as NotifiedLine)
}

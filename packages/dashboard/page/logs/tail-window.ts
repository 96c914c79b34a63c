import type { LogLine } from '@sightline/core/protocol'

/** Lines that are shown at once: what a person can scroll through, and a browser can draw with each frame. */
const mostShown = 500

/** The newest lines, oldest first. */
export const tailWindow = (lines: readonly LogLine[]): readonly LogLine[] =>
  lines.length > mostShown ? lines.slice(-mostShown) : lines

/** How many came after a line; all of them where it is not there any more. */
export const newSince = (lines: readonly LogLine[], last: LogLine | undefined): number => {
  if (last === undefined) return lines.length
  return lines.length - 1 - lines.findLastIndex(({ id }) => id === last.id)
}

import { z } from 'zod'
import type { Commit } from '../ports/collections.ts'
import type { Json } from '../ports/identity.ts'

/** Of the lines written now; a line of a later form is not read. */
const FORM = 1

const write = z.looseObject({
  store: z.string(),
  id: z.string(),
  team: z.string(),
  expected: z.object({ epoch: z.string(), revision: z.number() }).nullable(),
  writeId: z.string(),
  at: z.number(),
})
const Line = z.object({ v: z.literal(FORM), commit: z.object({ write, then: z.array(write.extend({ expected: z.null() })) }) })

/** A commit as a line of the spool. */
export const toLine = (commit: Commit): Json => JSON.stringify({ v: FORM, commit })

/** The commit of a line; null where it is none. */
export const fromLine = (line: Json): Commit | null => {
  try {
    const parsed = Line.safeParse(JSON.parse(line))
    return parsed.success ? (parsed.data.commit as unknown as Commit) : null
  } catch {
    return null
  }
}

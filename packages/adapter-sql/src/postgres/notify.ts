import { createHash } from 'node:crypto'
import type { Change } from '../changes/change.ts'
import { toNotices } from '../changes/change-notice.ts'
import type { Step } from '../statement.ts'

/**
 * The channel of the tables of a prefix in a schema, as an expression: channels are the whole database's, and their names have at most 63
 * bytes.
 */
export const channelExpression = (tablePrefix: string): string =>
  `'sightline_' || md5(current_schema() || ' ${createHash('sha1').update(tablePrefix).digest('hex')}')`

/** Notifies of the changes when the transaction commits, in the same round trip. */
export const notifySteps = (tablePrefix: string, changes: readonly Change[]): readonly Step[] =>
  toNotices(changes).map((notice) => ({
    sql: `select pg_notify(${channelExpression(tablePrefix)}, ${literal(notice)})`,
    values: [],
    reusable: false,
    withCommit: true,
  }))

/** An escape string, which means the same whatever `standard_conforming_strings` says. JSON has no control characters. */
const literal = (text: string): string => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

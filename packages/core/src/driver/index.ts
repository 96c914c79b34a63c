/** What adapters share, for those who write one; those of databases first of all. */

export { createPointEncoder, fromPointBytes } from '../samples/point-bytes.ts'
export { everyPage } from '../storage/every-page.ts'
export { checkWrite } from './check-write.ts'
export { fromCursor, type Position, toCursor, toPage } from './cursor.ts'
export {
  type DecideRecordOptions,
  decideRecord,
  isLive,
  type RecordDecision,
  type RecordState,
  type RememberedWrites,
  rememberedWrites,
  rememberWrite,
  repeatedRevision,
  toStored,
} from './decide-record.ts'
export { decideSnapshot, type SnapshotDecision, type TargetHead } from './decide-snapshot.ts'
export { type IndexLookup, type LookupRequest, matches, toLookup } from './index-lookup.ts'
export { inertJson } from './inert-json.ts'
export { checkFence, checkKey, checkLimit, checkName, checkNumber, teamOf, tupleKey } from './names.ts'
export { fieldOf, type IndexValue, type Path, pathsOf } from './record-fields.ts'

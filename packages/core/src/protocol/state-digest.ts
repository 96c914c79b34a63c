import { canonicalJson } from './canonical-json.ts'

/** Lower-case hex SHA-1 of a text's UTF-8 bytes. The server passes `node:crypto`'s, the browser a synchronous one of its own. */
export type Sha1 = (text: string) => string

/** Covers exactly what was sent: server and client compute it over their own copy, and equal digests prove equal copies. */
export const stateDigest = (data: unknown, sha1: Sha1): string => sha1(canonicalJson(data))

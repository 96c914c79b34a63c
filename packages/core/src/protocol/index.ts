/** Names and shapes of the wire, safe in a browser. */

export { type ErrorCode, type FieldFault, isPublicError, type PublicError, SightlineError } from '../errors.ts'
export { applyPatch } from './apply-patch.ts'
export { canonicalJson } from './canonical-json.ts'
export type * from './client-transport.ts'
export type * from './contract.ts'
export type * from './frame.ts'
export { itemDigest, type KeyedDigest, keyedDigest, mixDigest } from './keyed-digest.ts'
export { DEFAULT_TEAM, isV1Room, roomFor } from './rooms.ts'
export type * from './standard-schema.ts'
export { type Sha1, stateDigest } from './state-digest.ts'
export { topicKey, v1Room } from './topic-key.ts'

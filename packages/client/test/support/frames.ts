import { createHash } from 'node:crypto'
import type { Version } from '@sightline/core/ports'
import {
  itemDigest,
  type KeyedDrop,
  type KeyedFrame,
  type KeyedPut,
  keyedDigest,
  type LogFrame,
  type PatchOperation,
  type StateFrame,
  stateDigest,
} from '@sightline/core/protocol'
import type { ApplyContext } from '../../src/topics/applied.ts'

/** The server's SHA-1, so that the client's own is compared with it. */
export const nodeSha1 = (text: string): string => createHash('sha1').update(text).digest('hex')

export const context: ApplyContext = { sha1: nodeSha1, maxLogEntries: 5 }

export const at = (revision: number, epoch = 'e1'): Version => ({ epoch, revision })

/** A whole document, as a server sends it. */
export const whole = (version: Version, data: unknown, extra: Partial<StateFrame> = {}): StateFrame => ({
  topic: 't',
  kind: 'state',
  version,
  digest: stateDigest(data, nodeSha1),
  data,
  ...extra,
})

/** A patch from `base`, which must lead to `data`. */
export const patchTo = (base: Version, version: Version, data: unknown, patch: readonly PatchOperation[]): StateFrame => ({
  topic: 't',
  kind: 'state',
  version,
  digest: stateDigest(data, nodeSha1),
  base,
  patch,
})

/** The digest of a list, as the server computes it. */
export const listDigest = (items: Iterable<KeyedPut>): string => {
  const digest = keyedDigest()
  for (const put of items) digest.put(put[0], itemDigest(put, nodeSha1))
  return digest.value()
}

/** Puts and drops that lead to the list `after`. */
export const keyed = (
  after: Iterable<KeyedPut>,
  { put = [], drop = [], ...extra }: Partial<KeyedFrame> & { put?: readonly KeyedPut[]; drop?: readonly KeyedDrop[] } = {},
): KeyedFrame => ({ topic: 't', kind: 'keyed', digest: listDigest(after), put, drop, ...extra })

/** The whole of a list. */
export const list = (items: readonly KeyedPut[], extra: Partial<KeyedFrame> = {}): KeyedFrame =>
  keyed(items, { reset: true, put: items, ...extra })

export const entries = (cursor: string, ids: readonly string[], extra: Partial<LogFrame> = {}): LogFrame => ({
  topic: 't',
  kind: 'log',
  cursor,
  entries: ids.map((id) => ({ id })),
  ...extra,
})

import type { Delivery } from '../protocol/alerts.ts'

export interface PendingDelivery {
  readonly team: string
  readonly delivery: Delivery
}

const RANK: Readonly<Record<Delivery['kind'], number>> = { firing: 0, repeat: 1, flapping: 2, steady: 3, resolved: 4, test: 5 }

const inOrder = (a: PendingDelivery, b: PendingDelivery): number =>
  a.delivery.createdAt - b.delivery.createdAt ||
  RANK[a.delivery.kind] - RANK[b.delivery.kind] ||
  (a.delivery.id < b.delivery.id ? -1 : 1)

const OFTEN = 12

/**
 * Which delivery of a channel leaves next: the oldest, each group's in its order. One that was tried often, and for
 * `blockingMs`, lets those of other groups by. Null, and when to ask again (null: when there are others), where none may leave now.
 */
export const pickDelivery = <P extends PendingDelivery>(
  pending: readonly P[],
  { now, freeAt, blockingMs }: { readonly now: number; readonly freeAt: number; readonly blockingMs: number },
): { readonly next: P | null; readonly askAt: number | null } => {
  const groups = new Set<string>()
  const heads: P[] = []
  for (const entry of pending.toSorted(inOrder)) {
    const group = JSON.stringify([entry.team, entry.delivery.group])
    if (groups.has(group)) continue
    groups.add(group)
    heads.push(entry)
  }
  const willing = heads.filter(({ delivery }) => (delivery.nextAttemptAt ?? 0) <= now)
  if (now >= freeAt && willing.length > 0) {
    const unblocked = willing.find(({ delivery }) => delivery.attempts < OFTEN || now - delivery.startedAt < blockingMs)
    return { next: unblocked ?? willing[0] ?? null, askAt: null }
  }
  if (heads.length === 0) return { next: null, askAt: null }
  const soonest = Math.min(...heads.map(({ delivery }) => delivery.nextAttemptAt ?? 0))
  return { next: null, askAt: Math.max(freeAt, soonest) }
}

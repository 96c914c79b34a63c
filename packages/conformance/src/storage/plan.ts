import type { CollectionDefinition, StoragePlan } from '@sightline/core/ports'

/** A record with everything a definition can ask for: indexes, a unique value, an expiry. */
export interface Ticket {
  readonly title?: string
  readonly state?: string | boolean | number
  readonly priority?: number
  readonly queue?: string
  readonly code?: string
  readonly expiresAt?: number
  readonly extra?: unknown
}

export const ticketDefinition: CollectionDefinition<Ticket> = {
  name: 'conformance.tickets',
  parse: (raw) => raw as Ticket,
  indexes: {
    byTitle: ['title'],
    byPriority: ['priority'],
    byState: ['state', 'priority'],
    byQueue: ['queue', 'state', 'title'],
  },
  unique: { code: (ticket) => ticket.code ?? null },
  expiresAt: (ticket) => ticket.expiresAt ?? null,
}

/** A plain record, for what follows a write. */
export interface Note {
  readonly text: string
  readonly of?: string
}

export const noteDefinition: CollectionDefinition<Note> = {
  name: 'conformance.notes',
  parse: (raw) => raw as Note,
  indexes: { byOf: ['of'] },
}

/** What the suite connects with. */
export const conformancePlan: StoragePlan = {
  collections: [ticketDefinition, noteDefinition],
  format: { writes: 1, reads: 1 },
}

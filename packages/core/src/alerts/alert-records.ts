import { z } from 'zod'
import type { CollectionDefinition } from '../ports/collections.ts'
import type { Alert, Delivery, Maintenance, Silence } from '../protocol/alerts.ts'

/** How long what was told, and holds that are over, are kept. */
const KEPT_MS = 90 * 86_400_000

/** A maintenance as it is stored: when it is next follows from the rest. */
export type StoredMaintenance = Omit<Maintenance, 'next'>

const severity = z.enum(['low', 'medium', 'high', 'critical'])
const texts = z.array(z.string())

const AlertRecord = z.looseObject({
  id: z.string(),
  incident: z.string(),
  kind: z.enum(['firing', 'resolved', 'flapping', 'steady']),
  channel: z.string(),
  group: z.string(),
  severity,
  rule: z.string().nullable().default(null),
  tags: texts.default([]),
  service: z.string().nullable(),
  region: z.string().nullable(),
  title: z.string(),
  reason: z.string(),
  at: z.number(),
  status: z.enum(['waiting', 'held', 'sent', 'dead', 'dropped']),
  heldBy: z.string().nullable(),
  delivery: z.string().nullable(),
})

const DeliveryRecord = z.looseObject({
  id: z.string(),
  channel: z.string(),
  kind: z.enum(['firing', 'resolved', 'repeat', 'test', 'flapping', 'steady']),
  group: z.string(),
  alerts: texts,
  alertCount: z.number(),
  title: z.string(),
  severity,
  status: z.enum(['pending', 'sent', 'dead']),
  attempts: z.number(),
  refusals: z.number().default(0),
  createdAt: z.number(),
  startedAt: z.number(),
  nextAttemptAt: z.number().nullable(),
  sentAt: z.number().nullable(),
  receipt: z.string().nullable(),
  lastError: z.string().nullable(),
})

const SilenceRecord = z.looseObject({
  id: z.string(),
  services: texts.exactOptional(),
  rules: texts.exactOptional(),
  tags: texts.exactOptional(),
  regions: texts.exactOptional(),
  from: z.number(),
  to: z.number(),
  reason: z.string(),
  by: z.string().nullable(),
})

const MaintenanceRecord = z.looseObject({
  id: z.string(),
  title: z.string(),
  services: texts.exactOptional(),
  tags: texts.exactOptional(),
  from: z.number().exactOptional(),
  to: z.number().exactOptional(),
  cron: z.string().exactOptional(),
  timeZone: z.string().exactOptional(),
  durationMs: z.number().exactOptional(),
  by: z.string().nullable(),
})

export const ALERTS: CollectionDefinition<Alert> = {
  name: 'core.alerts',
  parse: (raw) => AlertRecord.parse(raw),
  indexes: { byTime: ['at'], byStatus: ['status', 'at'], byChannel: ['channel', 'at'], byIncident: ['incident', 'at'] },
  // What waits or is held is still to be told.
  expiresAt: ({ status, at }) => (status === 'waiting' || status === 'held' ? null : at + KEPT_MS),
}

export const DELIVERIES: CollectionDefinition<Delivery> = {
  name: 'core.deliveries',
  parse: (raw) => DeliveryRecord.parse(raw),
  indexes: {
    byTime: ['createdAt'],
    byStatus: ['status', 'createdAt'],
    byChannel: ['channel', 'status', 'createdAt'],
    byGroup: ['channel', 'group', 'createdAt'],
  },
  expiresAt: ({ status, createdAt }) => (status === 'pending' ? null : createdAt + KEPT_MS),
}

export const SILENCES: CollectionDefinition<Silence> = {
  name: 'core.silences',
  parse: (raw) => SilenceRecord.parse(raw),
  indexes: { byEnd: ['to'] },
  expiresAt: ({ to }) => to + KEPT_MS,
}

export const MAINTENANCE: CollectionDefinition<StoredMaintenance> = {
  name: 'core.maintenance',
  parse: (raw) => MaintenanceRecord.parse(raw),
  indexes: { byTitle: ['title'] },
  expiresAt: ({ to }) => (to === undefined ? null : to + KEPT_MS),
}

/** What the room of alerts stores. */
export const ALERT_COLLECTIONS = [ALERTS, DELIVERIES, SILENCES, MAINTENANCE] as unknown as readonly CollectionDefinition<never>[]

import { z } from 'zod'
import { line } from '../config-value.ts'
import { lineFault } from '../text-line.ts'

/** Of something that is there, whatever it is called. */
const known = z.string().min(1).max(100)
const names = z.array(line(100)).min(1).max(100).readonly()
/** Calendars end with the year 9999, and what reckons with dates some time after. */
const time = z
  .number()
  .int()
  .nonnegative()
  .max(Date.UTC(9999, 11, 31))
const id = z.string().min(1).max(200)
/** Silences need no reason. */
const reason = z.union([z.literal(''), line(500)], { error: lineFault(500) })
const page = { limit: z.number().int().min(1).max(500).default(100), cursor: z.string().max(1_000).optional() }
const listing = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item).readonly(), next: z.string().nullable() })

const severity = z.enum(['low', 'medium', 'high', 'critical'])
const alertStatus = z.enum(['waiting', 'held', 'sent', 'dead', 'dropped'])
const deliveryStatus = z.enum(['pending', 'sent', 'dead'])

const alert = z.object({
  id: z.string(),
  incident: z.string(),
  kind: z.enum(['firing', 'resolved', 'flapping', 'steady']),
  channel: z.string(),
  group: z.string(),
  severity,
  rule: z.string().nullable(),
  tags: z.array(z.string()).readonly(),
  service: z.string().nullable(),
  region: z.string().nullable(),
  title: z.string(),
  reason: z.string(),
  at: z.number(),
  status: alertStatus,
  heldBy: z.string().nullable(),
  delivery: z.string().nullable(),
})

const delivery = z.object({
  id: z.string(),
  channel: z.string(),
  kind: z.enum(['firing', 'resolved', 'repeat', 'test', 'flapping', 'steady']),
  group: z.string(),
  alerts: z.array(z.string()).readonly(),
  alertCount: z.number(),
  title: z.string(),
  severity,
  status: deliveryStatus,
  attempts: z.number(),
  refusals: z.number(),
  createdAt: z.number(),
  startedAt: z.number(),
  nextAttemptAt: z.number().nullable(),
  sentAt: z.number().nullable(),
  receipt: z.string().nullable(),
  lastError: z.string().nullable(),
})

const route = z.object({
  channels: z.array(z.string()).readonly(),
  severities: z.array(severity).readonly().exactOptional(),
  services: z.array(z.string()).readonly().exactOptional(),
  tags: z.array(z.string()).readonly().exactOptional(),
  teams: z.array(z.string()).readonly().exactOptional(),
  groupBy: z
    .array(z.enum(['rule', 'service', 'region', 'severity']))
    .readonly()
    .exactOptional(),
  groupWaitMs: z.number().exactOptional(),
  groupIntervalMs: z.number().exactOptional(),
  repeatMs: z.number().exactOptional(),
  continues: z.boolean().exactOptional(),
  escalate: z.object({ afterMs: z.number(), channels: z.array(z.string()).readonly() }).exactOptional(),
  quietHours: z
    .object({
      from: z.string(),
      to: z.string(),
      timeZone: z.string(),
      except: z.array(severity).readonly().exactOptional(),
    })
    .exactOptional(),
})

const silenceFields = {
  services: names.exactOptional(),
  rules: names.exactOptional(),
  tags: names.exactOptional(),
  regions: names.exactOptional(),
  from: time,
  to: time,
  reason,
}

const maintenanceFields = {
  title: line(200),
  services: names.exactOptional(),
  tags: names.exactOptional(),
  from: time.exactOptional(),
  to: time.exactOptional(),
  cron: z.string().min(1).max(200).exactOptional(),
  timeZone: z.string().min(1).max(100).exactOptional(),
  durationMs: z.number().int().min(1_000).max(31_536_000_000).exactOptional(),
}

/** As stored: what was let in before a rule was stricter is still shown. */
const shownNames = z.array(z.string()).readonly().exactOptional()
const silence = z.object({
  ...silenceFields,
  services: shownNames,
  rules: shownNames,
  tags: shownNames,
  regions: shownNames,
  reason: z.string(),
  id: z.string(),
  by: z.string().nullable(),
})
const maintenance = z.object({
  ...maintenanceFields,
  title: z.string(),
  services: shownNames,
  tags: shownNames,
  id: z.string(),
  by: z.string().nullable(),
  next: z.object({ from: z.number(), to: z.number() }).nullable(),
})

/** What the operations of the room take and give. */
export const alertSchemas = {
  nothing: z.strictObject({}),
  byId: z.strictObject({ id }),
  alert,
  alerts: listing(alert),
  listAlerts: z.strictObject({ ...page, status: alertStatus.optional(), channel: known.optional(), incident: id.optional() }),
  delivery,
  deliveries: listing(delivery),
  listDeliveries: z.strictObject({ ...page, status: deliveryStatus.optional(), channel: known.optional() }),
  channels: listing(
    z.object({
      name: z.string(),
      kind: z.string(),
      pending: z.number(),
      dead: z.number(),
      lastError: z.string().nullable(),
    }),
  ),
  testChannel: z.strictObject({ channel: known }),
  routes: listing(route),
  silence,
  silences: listing(silence),
  listSilences: z.strictObject({ ...page, all: z.boolean().optional() }),
  createSilence: z.strictObject(silenceFields),
  maintenance,
  maintenances: listing(maintenance),
  listMaintenance: z.strictObject(page),
  createMaintenance: z.strictObject(maintenanceFields),
  deleted: z.object({ deleted: z.boolean() }),
}

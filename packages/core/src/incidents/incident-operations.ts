import { defineMutation, defineQuery, type Operation } from '../operations/define-operation.ts'
import { readPage } from '../operations/read-page.ts'
import type { IndexQuery } from '../ports/collections.ts'
import type { Page } from '../ports/identity.ts'
import type { Incident, IncidentOperations, IncidentStatus, Severity } from '../protocol/incidents.ts'
import type { Schema, SchemaInput, SchemaOutput } from '../protocol/standard-schema.ts'
import type { IncidentCommands, Intent } from './incident-commands.ts'
import { incidentIdByHand } from './incident-id.ts'
import type { IncidentRecord } from './incident-record.ts'
import { incidentSchemas as schemas } from './incident-schemas.ts'
import type { IncidentStore, StoredIncident } from './incident-store.ts'
import { summarize } from './incident-summary.ts'
import { openIncident } from './open-incident.ts'
import type { Typing } from './typing.ts'

export interface IncidentOperationsOptions {
  readonly store: IncidentStore
  readonly commands: IncidentCommands
  readonly typing: Typing
  readonly randomId: () => string
}

interface StepOperation<S extends Schema> {
  readonly permission: 'incidents:comment' | 'incidents:manage'
  readonly summary: string
  readonly input: S
  readonly method?: 'POST' | 'PUT'
  /** Below the incident's own. */
  readonly path: string
  readonly intent: (input: SchemaOutput<S>) => Intent
}

/** The group `incidents`: what went wrong, and what people do about it. */
export const incidentOperations = ({
  store,
  commands,
  typing,
  randomId,
}: IncidentOperationsOptions): { readonly [N in keyof IncidentOperations]: Operation } => {
  const stepOperation = <S extends Schema<SchemaInput<S>, { readonly id: string }>>({
    permission,
    summary,
    input,
    method = 'POST',
    path,
    intent,
  }: StepOperation<S>): Operation =>
    defineMutation({
      permission,
      summary,
      input,
      output: schemas.detail,
      http: { method, path: `/incidents/:id/${path}` },
      handle: (given, context) => commands.take(given.id, intent(given), context),
    })

  return {
    'incidents.list': defineQuery({
      permission: 'incidents:view',
      summary: 'Incidents, the newest first. A page may be short, even empty, while there is a next.',
      input: schemas.listInput,
      output: schemas.incidents,
      http: { method: 'GET', path: '/incidents' },
      handle: async ({ limit, cursor, ...filter }, { team }) => {
        const items: Incident[] = []
        let next: string | null = cursor ?? null
        for (let reads = 0; reads < READS && items.length < limit && (reads === 0 || next !== null); reads++) {
          const page: Page<StoredIncident> = await readPage({
            limit: limit - items.length,
            cursor: next ?? undefined,
            sizeOf,
            read: (request) => store.list({ team }, { ...toQuery(filter), ...request }),
          })
          items.push(...page.items.flatMap(({ value }) => (isWanted(value, filter) ? [value.incident] : [])))
          next = page.next
        }
        return { items, next }
      },
    }),
    'incidents.summary': defineQuery({
      permission: 'incidents:view',
      summary: 'Counts and mean times of incidents over a period.',
      input: schemas.summaryInput,
      output: schemas.summary,
      http: { method: 'GET', path: '/incidents/summary' },
      handle: ({ from, to, service }, { team }) => summarize(store, { team, from, to, service }),
    }),
    'incidents.get': defineQuery({
      permission: 'incidents:view',
      summary: 'One incident with its timeline.',
      input: schemas.ref,
      output: schemas.detail,
      http: { method: 'GET', path: '/incidents/:id' },
      handle: ({ id }, { team }) => commands.get(id, team),
    }),
    'incidents.open': defineMutation({
      permission: 'incidents:manage',
      summary: 'Opens an incident by hand.',
      input: schemas.openInput,
      output: schemas.detail,
      http: { method: 'POST', path: '/incidents' },
      handle: ({ title, severity, service = null, region = null, text = '' }, context) => {
        const id = incidentIdByHand(randomId)
        const by = context.principal?.id ?? null
        const key = JSON.stringify([null, id])
        const record = openIncident({
          ...{ id, key, ordinal: 1, rule: null, service, region, title, severity, tags: [], at: context.now, by },
          reason: text,
        })
        return commands.open(record, context)
      },
    }),
    'incidents.acknowledge': stepOperation({
      permission: 'incidents:manage',
      summary: 'Says that somebody has seen it.',
      input: schemas.ref,
      path: 'acknowledge',
      intent: () => ({ kind: 'acknowledge' }),
    }),
    'incidents.investigate': stepOperation({
      permission: 'incidents:manage',
      summary: 'Says that somebody works on it.',
      input: schemas.ref,
      path: 'investigate',
      intent: () => ({ kind: 'investigate' }),
    }),
    'incidents.assign': stepOperation({
      permission: 'incidents:manage',
      summary: 'Gives it to somebody, or to nobody.',
      input: schemas.assignInput,
      method: 'PUT',
      path: 'assignee',
      intent: ({ assignee }) => ({ kind: 'assign', assignee }),
    }),
    'incidents.setSeverity': stepOperation({
      permission: 'incidents:manage',
      summary: 'Changes how severe it is.',
      input: schemas.severityInput,
      method: 'PUT',
      path: 'severity',
      intent: ({ severity }) => ({ kind: 'severity', severity }),
    }),
    'incidents.comment': stepOperation({
      permission: 'incidents:comment',
      summary: 'Adds a comment, plain text; `@name` mentions somebody.',
      input: schemas.commentInput,
      path: 'comments',
      intent: ({ text }) => ({ kind: 'comment', text }),
    }),
    'incidents.resolve': stepOperation({
      permission: 'incidents:manage',
      summary: 'Ends it.',
      input: schemas.reasonInput,
      path: 'resolve',
      intent: ({ text = '' }) => ({ kind: 'resolve', text }),
    }),
    'incidents.reopen': stepOperation({
      permission: 'incidents:manage',
      summary: 'Opens one that was resolved again.',
      input: schemas.reasonInput,
      path: 'reopen',
      intent: ({ text = '' }) => ({ kind: 'reopen', text }),
    }),
    'incidents.typing': defineMutation({
      permission: 'incidents:comment',
      summary: 'Says that somebody is writing a comment; forgotten after five seconds.',
      input: schemas.typingInput,
      output: schemas.nothing,
      http: { method: 'POST', path: '/incidents/:id/typing' },
      handle: async ({ id, as: chosen = SOMEBODY }, { team, principal }) => {
        await commands.demand(id, team)
        // Who is signed in goes by no other name.
        typing.typed(team, id, principal?.id ?? chosen)
        return {}
      },
    }),
  }
}

/** Who writes without a name. */
const SOMEBODY = 'somebody'
/** Rounds of reading for one page, at most: what does not fit is read as well. */
const READS = 20

/** With its timeline, which is read with it. About, in bytes. */
const sizeOf = ({ value }: StoredIncident): number => value.timeline.reduce((sum, { text }) => sum + text.length + 100, 1_000)

interface Filter {
  readonly status?: IncidentStatus | 'active' | undefined
  readonly service?: string | undefined
  readonly severity?: Severity | undefined
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** By the index that leaves out most; the rest is left out afterwards. */
const toQuery = ({ status, service, severity, from, to }: Filter): Omit<IndexQuery, 'limit' | 'cursor'> => {
  const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
  const common = { order: 'desc', ...(from === undefined && to === undefined ? {} : { range }) } as const
  if (status === 'active') return { ...common, index: 'byActive', equals: { isActive: true } }
  if (status === 'open' || status === 'investigating') return { ...common, index: 'byStatus', equals: { status } }
  if (service !== undefined) return { ...common, index: 'byService', equals: { service } }
  if (severity !== undefined) return { ...common, index: 'bySeverity', equals: { severity } }
  return status === undefined
    ? { ...common, index: 'byOpened', equals: {} }
    : { ...common, index: 'byStatus', equals: { status } }
}

const isWanted = (record: IncidentRecord, { status, service, severity }: Filter): boolean =>
  (status === undefined || (status === 'active' ? record.isActive : record.status === status)) &&
  (service === undefined || record.service === service) &&
  (severity === undefined || record.severity === severity)

import type { LogEntry } from '@sightline/core/ports'
import { toKeyText } from '../key-text.ts'
import { fromStoredText, toStoredText } from '../stored-json.ts'

export interface LineDocument {
  readonly _id: string
  readonly team: string
  readonly id: string
  readonly at: number
  readonly service: string
  readonly severity: number
  readonly terms: readonly string[]
  readonly body: string
}

export const toLine = (team: string, { id, at, service, severity, terms, body }: LogEntry): LineDocument => ({
  _id: toKeyText(id, team),
  team,
  id,
  at,
  service,
  severity,
  terms: terms.map(toStoredText),
  body: toStoredText(body),
})

export const fromLine = ({ id, at, service, severity, terms, body }: LineDocument): LogEntry => ({
  id,
  at,
  service,
  severity,
  terms: terms.map(fromStoredText),
  body: fromStoredText(body),
})

import type { AlertPlanner } from '../domain/incident-change.ts'
import type { EngineContext, EnginePart } from '../engine-part.ts'
import type { Notifier } from '../ports/notifier.ts'
import type { Route } from '../protocol/alerts.ts'
import type { Incident } from '../protocol/incidents.ts'
import type { Journal } from '../storage/journal.ts'

/** What the room of alerts needs beside the engine's own. */
export interface AlertsDeps extends EngineContext {
  readonly journal: Pick<Journal, 'write' | 'waiting' | 'onRefused' | 'subscribe'>
  /** By channel. */
  readonly notifiers: Readonly<Record<string, Notifier>>
  /** Default: everything to every channel. */
  readonly routes?: readonly Route[]
  /** The incidents of every team that are not resolved, as far as this process knows; empty before they are loaded. */
  activeIncidents(): readonly { readonly team: string; readonly incident: Incident }[]
  /** Is one of the services that it depends on down? Default: never. */
  isParentDown?(team: string, service: string): boolean
  /** Where an incident is shown: an absolute URL. Default: messages have no link. */
  incidentUrl?(team: string, incident: string): string | null
}

/** Alerts, deliveries, silences and maintenance. */
export interface AlertsPart extends EnginePart, AlertPlanner {
  /** Is planned work going on for the service at this time (ms since the Unix epoch)? Never waits. */
  isInMaintenance(team: string, service: { readonly name: string; readonly tags: readonly string[] }, at: number): boolean
}

import path from 'node:path'
import type { Notifier, Spool } from '@sightline/core/ports'
import type { Environment } from './environment.ts'
import { parseStorageUrl } from './storage-url.ts'

/** Where alerts go and wait, as the environment says. */
export interface AlertParts {
  readonly notifiers: Readonly<Record<string, Notifier>>
  /** Beside a database file; without one they wait in memory. */
  readonly spool?: Spool
}

/**
 * The channels of the environment: `slack`, `discord`, `webhook` and `email` where their variables are set, and always the `console` and a
 * `file` beside the database. Nothing is connected before they are used.
 *
 * @example createSightline({ ...(await alertPartsFrom(environment)), ...config })
 */
export const alertPartsFrom = async ({ alerts, databaseUrl }: Environment): Promise<AlertParts> => {
  // Who has no alerts to send need not wait for nodemailer to load.
  const [{ sharedSpool }, notifierKinds] = await Promise.all([import('./shared-spool.ts'), import('@sightline/notifiers')])
  const { consoleNotifier, discord, email, fileNotifier, slack, webhook } = notifierKinds
  const notifiers: Record<string, Notifier> = { console: consoleNotifier() }
  const folder = dataFolder(databaseUrl)
  if (folder !== null) notifiers.file = fileNotifier({ file: path.join(folder, 'notifications.ndjson') })
  if (alerts.slackUrl !== null) notifiers.slack = slack({ webhookUrl: alerts.slackUrl })
  if (alerts.discordUrl !== null) notifiers.discord = discord({ webhookUrl: alerts.discordUrl })
  if (alerts.webhook !== null) notifiers.webhook = webhook(alerts.webhook)
  if (alerts.email !== null) notifiers.email = email(alerts.email)
  return { notifiers, ...(folder === null ? {} : { spool: sharedSpool(folder) }) }
}

const dataFolder = (databaseUrl: string): string | null => {
  const url = parseStorageUrl(databaseUrl)
  return url?.kind === 'sqlite' ? path.dirname(url.file) : null
}

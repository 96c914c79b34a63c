import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseEnv } from 'node:util'
import { type FieldFault, invalidConfig } from '@sightline/core'
import { parseRedisUrl } from './redis-url.ts'
import { parseStorageUrl, storageUrlFault } from './storage-url.ts'

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
const modes = ['development', 'test', 'staging', 'production'] as const

const roles = ['all', 'web', 'poller'] as const

export type Role = (typeof roles)[number]
export type LogLevel = (typeof logLevels)[number]
export type Mode = (typeof modes)[number]

/** Channels for alerts; null where the variables are not set. */
export interface AlertChannels {
  /** `SLACK_WEBHOOK_URL`. */
  readonly slackUrl: string | null
  /** `DISCORD_WEBHOOK_URL`. */
  readonly discordUrl: string | null
  /** `ALERT_WEBHOOK_URL`, signed with `ALERT_WEBHOOK_SECRET`. */
  readonly webhook: { readonly url: string; readonly secret: string } | null
  /** `SMTP_URL` (`smtp://user:password@host:587`, `smtps://` for TLS), from `ALERT_EMAIL_FROM` to `ALERT_EMAIL_TO` (by commas). */
  readonly email: EmailChannel | null
}

export interface EmailChannel {
  readonly from: string
  readonly to: readonly string[]
  readonly smtp: {
    readonly host: string
    readonly port?: number
    readonly secure: boolean
    readonly auth?: { readonly user: string; readonly pass: string }
  }
}

/** What the environment decides, validated. `.env.example` lists the variables. */
export interface Environment {
  /** `SERVER_PORT`, 0 to 65,535; 0 takes any free one. Default 5000. */
  readonly port: number
  /** `HOST`: the address listened on. Default 127.0.0.1, this machine alone. */
  readonly host: string
  /** `DATABASE_URL`, else `WRITE_DATABASE_URL`, for `storageFrom`. Default `sqlite:./data/sightline.db`. */
  readonly databaseUrl: string
  /** `READ_DATABASE_URL`: a streaming replica of the PostgreSQL that `DATABASE_URL` names. Null: none. */
  readonly readDatabaseUrl: string | null
  /** `REDIS_HOST`, else `REDIS_URL`, for `redisFrom`. Null: this process stands alone. */
  readonly redisUrl: string | null
  /** `RATE_LIMIT`: HTTP requests and new connections of one address in a minute, over all processes on one Redis. Null (`off`): any number. Default 3,000. */
  readonly requestsPerMinute: number | null
  /** `SIGHTLINE_ROLE`: `web` serves and does not poll, `poller` polls and serves health alone. Default all. */
  readonly role: Role
  /** `SIGHTLINE_NODE`: names this process to a load balancer, in the id of every connection. Null: it stands alone. */
  readonly nodeName: string | null
  /** `TRUSTED_PROXIES`: proxies of one's own in front, whose `X-Forwarded-*` headers are believed. Default 0. */
  readonly trustedProxies: number
  /** `CLIENT_URL`: other origins whose pages may connect. Default none. */
  readonly allowedOrigins: readonly string[]
  /** `LOG_LEVEL`. Default info. */
  readonly logLevel: LogLevel
  /** `NODE_ENV`, else `ENVIRONMENT`. Default development. */
  readonly mode: Mode
  /** Production's defaults: in modes production and staging. */
  readonly isStrict: boolean
  /** `EXTERNAL_API_NAME`: what an api is called that the configuration leaves unnamed. Default external. */
  readonly apiName: string
  /** Where alerts go beside the console and a file. */
  readonly alerts: AlertChannels
  /** `ALLOW_ADDRESSES`: networks and hosts beside the public Internet that services entered on a page may be checked at. */
  readonly allowedAddresses: readonly string[]
  /** `SIGHTLINE_CONFIG`: the configuration's file. Null: `sightline.config.*` is looked for. */
  readonly configFile: string | null
}

/** A value that does not fit. The message never repeats it: variables hold secrets. */
class Misfit {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

const toPort = (value: string): number | Misfit =>
  /^\d{1,5}$/.test(value) && Number(value) <= 65_535 ? Number(value) : new Misfit('must be a whole number from 0 to 65535')

const toHost = (value: string): string | Misfit =>
  /^[\w.:%-]{1,253}$/.test(value) ? value : new Misfit('must be an address or a host name, such as 127.0.0.1 or 0.0.0.0')

const toOrigins = (value: string): readonly string[] | Misfit => {
  const origins = toList(value).map(toOrigin)
  const wrong = origins.indexOf(null)
  if (wrong >= 0) return new Misfit(`must list origins such as https://status.example.com; entry ${wrong + 1} is none`)
  return [...new Set(origins.filter((origin) => origin !== null))]
}

const toOrigin = (value: string): string | null => {
  if (!URL.canParse(value)) return null
  const { protocol, origin, pathname, search, hash, username } = new URL(value)
  const isBare = pathname === '/' && search === '' && hash === '' && username === ''
  return isBare && (protocol === 'http:' || protocol === 'https:') ? origin : null
}

const toOneOf =
  <T extends string>(values: readonly T[]) =>
  (value: string): T | Misfit =>
    values.find((known) => known === value.toLowerCase()) ?? new Misfit(`must be one of ${values.join(', ')}`)

const toApiName = (value: string): string | Misfit =>
  value.length <= 100 && !/[\p{Cc}:]/u.test(value)
    ? value
    : new Misfit('must have 1 to 100 characters, no control characters, no ":"')

const toNodeName = (value: string): string | Misfit =>
  /^\w{1,64}$/.test(value) ? value : new Misfit('must have 1 to 64 letters, digits or "_"')

const toProxies = (value: string): number | Misfit =>
  /^\d$/.test(value) ? Number(value) : new Misfit('must be the number of proxies in front, from 0 to 9')

const toRequests = (value: string): number | null | Misfit => {
  if (value.toLowerCase() === 'off') return null
  return /^[1-9]\d{0,8}$/.test(value) ? Number(value) : new Misfit('must be a whole number of at least 1, or off')
}

const toDatabaseUrl = (value: string): string | Misfit => (parseStorageUrl(value) === null ? new Misfit(storageUrlFault) : value)

const toRedisUrl = (value: string): string | Misfit =>
  parseRedisUrl(value) ?? new Misfit('must be a URL such as redis://127.0.0.1:6379 (rediss:// for TLS), or a host')

const toReadUrl =
  (databaseUrl: string) =>
  (value: string): string | Misfit =>
    [databaseUrl, value].every((url) => parseStorageUrl(url)?.kind === 'postgres')
      ? value
      : new Misfit('must be a postgres:// URL, of a replica of the one in DATABASE_URL')

const toWebhookUrl = (value: string): string | Misfit =>
  URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) ? value : new Misfit('must be an https:// URL')

const toSecret = (value: string): string | Misfit => (value.length >= 16 ? value : new Misfit('must have at least 16 characters'))

const toSmtp = (value: string): EmailChannel['smtp'] | Misfit => {
  const url = URL.canParse(value) ? new URL(value) : null
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === '')
    return new Misfit('must be a URL such as smtp://user:password@mail.example.org:587')
  return {
    host: url.hostname,
    secure: url.protocol === 'smtps:',
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(url.username === '' ? {} : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
  }
}

const toMailbox = (value: string): string | Misfit =>
  /^[^\r\n]*[^\s@<]@[^\s@>]+>?$/.test(value) ? value : new Misfit('must be an address, such as Sightline <alerts@example.org>')

const toMailboxes = (value: string): readonly string[] | Misfit => {
  const boxes = toList(value)
  const wrong = boxes.findIndex((box) => toMailbox(box) instanceof Misfit)
  return wrong < 0 ? boxes : new Misfit(`must list addresses; entry ${wrong + 1} is none`)
}

const toList = (value: string): readonly string[] =>
  value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')

/**
 * Reads the environment. The process's own variables win over those of a `.env` file; an empty one counts as not set.
 *
 * @throws SightlineError `INVALID_CONFIG`; `fields` lists every fault by its variable, and no message repeats a value.
 * @example const environment = readEnvironment(process.env, readDotenv())
 */
export const readEnvironment = (variables: Readonly<Record<string, string | undefined>>, dotenvText = ''): Environment => {
  const all = { ...parseEnv(dotenvText), ...variables }
  const faults: FieldFault[] = []
  const read = <T>(name: string, parse: (value: string) => T | Misfit, absent: T): T => {
    const value = all[name]?.trim() ?? ''
    if (value === '') return absent
    const result = parse(value)
    if (!(result instanceof Misfit)) return result
    faults.push({ path: name, message: result.message })
    return absent
  }
  const mode = read<Mode>('NODE_ENV', toOneOf(modes), read<Mode>('ENVIRONMENT', toOneOf(modes), 'development'))
  const databaseUrl = read('DATABASE_URL', toDatabaseUrl, read('WRITE_DATABASE_URL', toDatabaseUrl, 'sqlite:./data/sightline.db'))
  /** All of what belongs together, or none of it. */
  const together = <T extends Readonly<Record<string, unknown>>>(values: T): { [K in keyof T]: NonNullable<T[K]> } | null => {
    const missing = Object.keys(values).filter((name) => values[name] === null)
    if (missing.length > 0 && missing.length < Object.keys(values).length) {
      for (const name of missing) if ((all[name]?.trim() ?? '') === '') faults.push({ path: name, message: 'is needed as well' })
    }
    return missing.length > 0 ? null : (values as { [K in keyof T]: NonNullable<T[K]> })
  }
  const signed = together({
    ALERT_WEBHOOK_URL: read<string | null>('ALERT_WEBHOOK_URL', toWebhookUrl, null),
    ALERT_WEBHOOK_SECRET: read<string | null>('ALERT_WEBHOOK_SECRET', toSecret, null),
  })
  const mail = together({
    SMTP_URL: read<EmailChannel['smtp'] | null>('SMTP_URL', toSmtp, null),
    ALERT_EMAIL_FROM: read<string | null>('ALERT_EMAIL_FROM', toMailbox, null),
    ALERT_EMAIL_TO: read<readonly string[] | null>('ALERT_EMAIL_TO', toMailboxes, null),
  })
  const environment: Environment = {
    port: read('SERVER_PORT', toPort, 5000),
    host: read('HOST', toHost, '127.0.0.1'),
    databaseUrl,
    readDatabaseUrl: read<string | null>('READ_DATABASE_URL', toReadUrl(databaseUrl), null),
    redisUrl: read<string | null>('REDIS_HOST', toRedisUrl, read<string | null>('REDIS_URL', toRedisUrl, null)),
    requestsPerMinute: read<number | null>('RATE_LIMIT', toRequests, 3_000),
    role: read<Role>('SIGHTLINE_ROLE', toOneOf(roles), 'all'),
    nodeName: read<string | null>('SIGHTLINE_NODE', toNodeName, null),
    trustedProxies: read('TRUSTED_PROXIES', toProxies, 0),
    allowedOrigins: read('CLIENT_URL', toOrigins, []),
    logLevel: read('LOG_LEVEL', toOneOf(logLevels), 'info'),
    mode,
    isStrict: mode === 'production' || mode === 'staging',
    apiName: read('EXTERNAL_API_NAME', toApiName, 'external'),
    alerts: {
      slackUrl: read<string | null>('SLACK_WEBHOOK_URL', toWebhookUrl, null),
      discordUrl: read<string | null>('DISCORD_WEBHOOK_URL', toWebhookUrl, null),
      webhook: signed === null ? null : { url: signed.ALERT_WEBHOOK_URL, secret: signed.ALERT_WEBHOOK_SECRET },
      email: mail === null ? null : { smtp: mail.SMTP_URL, from: mail.ALERT_EMAIL_FROM, to: mail.ALERT_EMAIL_TO },
    },
    allowedAddresses: read('ALLOW_ADDRESSES', toList, []),
    configFile: read<string | null>('SIGHTLINE_CONFIG', (value) => value, null),
  }
  if (faults.length > 0) throw invalidConfig(faults, 'The environment')
  return environment
}

/** The text of the `.env` file of a folder (default: the working directory); empty where there is none. */
export const readDotenv = (directory = process.cwd()): string => {
  const file = path.join(directory, '.env')
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

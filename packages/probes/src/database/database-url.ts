import { z } from 'zod'
import { hostSchema } from '../probe-options.ts'

/** What a connection string names. Never shown but for host and port. */
export interface DatabaseAddress {
  readonly protocol: string
  readonly host: string
  readonly port: number
  readonly user: string | undefined
  readonly password: string | undefined
  /** Without its first slash. */
  readonly database: string
  readonly query: URLSearchParams
}

export interface UrlRules {
  /** With their colon. */
  readonly protocols: readonly string[]
  readonly example: string
  /** Query parameters that are known. */
  readonly parameters: readonly string[]
}

/** A connection string to one server. Its query may hold only what is known: drivers read files and credentials for what else there is. */
export const databaseUrlSchema = (rules: UrlRules): z.ZodType<string> =>
  z.string('must be a URL').superRefine((text, context) => {
    const message = urlFault(text, rules)
    if (message !== null) context.addIssue({ code: 'custom', message })
  })

const urlFault = (text: string, { protocols, example, parameters }: UrlRules): string | null => {
  if (/\p{Cc}/u.test(text)) return 'has a line break or another control character'
  if (!URL.canParse(text)) return `must be a complete URL, such as ${example}`
  const url = new URL(text)
  if (!protocols.includes(url.protocol)) return `must begin with ${protocols.join(' or ')}`
  if (url.hostname === '') return 'must name a host'
  const unknown = [...url.searchParams.keys()].some((name) => !parameters.includes(name))
  if (unknown) {
    return parameters.length === 0 ? 'must have no query' : `must have no query parameters but ${parameters.join(', ')}`
  }
  try {
    decodeURIComponent(url.username + url.password + url.pathname)
    // Decoded, as it is used: a path would be a socket of this machine.
    return hostSchema.safeParse(toHost(url)).success ? null : 'must name a host, not a socket of this machine'
  } catch {
    return 'has a part that is not percent-encoded correctly'
  }
}

/** A string that the schema has let through. */
export const toDatabaseAddress = (text: string, defaultPort: number): DatabaseAddress => {
  const url = new URL(text)
  const decoded = (part: string): string | undefined => (part === '' ? undefined : decodeURIComponent(part))
  return {
    protocol: url.protocol,
    host: toHost(url),
    port: url.port === '' ? defaultPort : Number(url.port),
    user: decoded(url.username),
    password: decoded(url.password),
    database: decoded(url.pathname.slice(1)) ?? '',
    query: url.searchParams,
  }
}

const toHost = (url: URL): string => decodeURIComponent(url.hostname).replace(/^\[|\]$/g, '')

/** What a line is found by in the full-text index. */
export interface IndexedLine {
  readonly team: string
  readonly service: string
  readonly severity: number
  /** Each at most as long as an index takes. */
  readonly terms: readonly string[]
}

/** The least severities that are searched for often, as OpenTelemetry numbers them: warn, error, fatal. */
const THRESHOLDS = [13, 17, 21] as const

/** As FTS5's tokenizer is told to leave them together, beside letters and digits. */
export const TOKEN_CHARACTERS = '_=.:/@,+-!~'
/** What the tokenizer leaves as it is; it makes small letters of capitals. */
const PLAIN = /^[a-z0-9_=.:/@,+-]*$/

const encode = (text: string): string => (PLAIN.test(text) ? text : `~${Buffer.from(text).toString('hex')}`)

/** No two kinds, teams or texts share one. */
const prefixOf = (kind: 't' | 's' | 'v', team: string): string => `${kind}${encode(team)}!`

/** All of a line, apart by spaces. */
export const tokensOf = ({ team, service, severity, terms }: IndexedLine): string => {
  const [ofTerm, ofSeverity] = [prefixOf('t', team), prefixOf('v', team)]
  let tokens = prefixOf('s', team) + encode(service)
  for (const least of THRESHOLDS) if (severity >= least) tokens += ` ${ofSeverity}${least}`
  for (const term of new Set(terms)) tokens += ` ${ofTerm}${encode(term)}`
  return tokens
}

export interface TokenQuery {
  readonly team: string
  readonly service: string | null
  readonly minSeverity: number | null
  readonly terms: readonly string[]
}

/** What the index is asked for; null where it knows nothing that would help. */
export const toMatch = ({ team, service, minSeverity, terms }: TokenQuery): string | null => {
  const least = THRESHOLDS.find((threshold) => threshold === minSeverity)
  const tokens = [
    ...terms.map((term) => prefixOf('t', team) + encode(term)),
    ...(service === null ? [] : [prefixOf('s', team) + encode(service)]),
    ...(least === undefined ? [] : [prefixOf('v', team) + least]),
  ]
  return tokens.length === 0 ? null : tokens.map((each) => `"${each}"`).join(' AND ')
}

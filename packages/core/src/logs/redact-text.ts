import { redactCards } from './redact-cards.ts'
import { redactNamedValues } from './redact-named-values.ts'

/** What stands in a secret's place. */
export const REDACTED = '[redacted]'

const KEY_BEGINS = '-----BEGIN '
const KEY_HEAD = /^-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/
const KEY_ENDS = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g

/** Up to where it ends, or to the end of the text. */
const redactPrivateKeys = (text: string): string => {
  let begin = text.indexOf(KEY_BEGINS)
  if (begin === -1) return text
  let result = ''
  let done = 0
  while (begin !== -1) {
    if (KEY_HEAD.test(text.slice(begin, begin + 80))) {
      result += text.slice(done, begin) + REDACTED
      KEY_ENDS.lastIndex = begin
      done = KEY_ENDS.exec(text) === null ? text.length : KEY_ENDS.lastIndex
    }
    begin = text.indexOf(KEY_BEGINS, Math.max(done, begin + KEY_BEGINS.length))
  }
  return result + text.slice(done)
}

const AUTHORITY_END = /[\s"'`<>\\/?#]/g
const ADDRESS_END = /[\s"'`<>\\]/g

const endOf = (text: string, from: number, pattern: RegExp): number => {
  pattern.lastIndex = from
  return pattern.exec(text)?.index ?? text.length
}

/** No authority is longer, in characters. */
const LONGEST_AUTHORITY = 2_048

/** Names and passwords before the host: of `//name:password@host` the name is left, of `//token@host` nothing. */
const redactAddresses = (text: string): string => {
  let begin = text.indexOf('://')
  if (begin === -1) return text
  let result = ''
  let done = 0
  let nextAt = 0
  for (; begin !== -1; begin = text.indexOf('://', begin + 3)) {
    const from = begin + 3
    if (from < done) continue
    if (nextAt < from) nextAt = text.indexOf('@', from)
    if (nextAt === -1) break
    if (nextAt - from > LONGEST_AUTHORITY) continue
    const near = text.slice(from, from + LONGEST_AUTHORITY)
    const authority = near.slice(0, endOf(near, 0, AUTHORITY_END))
    const colon = authority.indexOf(':')
    // A password may hold a slash that nobody escaped; a port may not.
    const isPort = colon !== -1 && /^:\d{1,5}$/.test(authority.slice(colon))
    const reach = colon === -1 || isPort || authority.includes('@') ? authority : near.slice(0, endOf(near, 0, ADDRESS_END))
    const at = reach.lastIndexOf('@')
    if (at === -1) continue
    const kept = colon !== -1 && colon < at ? reach.slice(0, colon + 1) : ''
    result += text.slice(done, from) + kept + REDACTED
    done = from + at
  }
  return result + text.slice(done)
}

/** Each begins where a run of its own characters begins, and goes no further than a bound: no text is read more than once. */
const TOKENS = [
  // RFC 7519: two or more parts of base64url, the first a JSON object, so that it begins with `{"`.
  /(?<![\w-])eyJ[\w-]{6,16384}\.[\w-]{2,16384}(?:\.[\w-]{0,16384}){0,3}/g,
  /(?<![\w-])(?:gh[pousr]_\w{16,500}|github_pat_\w{16,500}|A(?:KIA|SIA)[A-Z0-9]{12,500}|xox[a-z]-[\w-]{8,500}|[spr]k_(?:live|test)_\w{8,500}|AIza[\w-]{30,500}|npm_\w{30,500}|glpat-[\w-]{16,500}|SG\.[\w-]{16,500}\.[\w-]{16,500})/g,
] as const

const TOKEN_HINT = /eyJ|gh[pousr]_|github_pat_|A[KS]IA|xox|[spr]k_(?:live|test)_|AIza|npm_|glpat-|SG\./

const SCHEME = /\b(bearer|basic)([ \t]{1,8})([\w.~+/=-]{4,16384})/gi

/** Is what follows the name of a scheme a credential, and no word of a sentence? */
const isCredential = (token: string): boolean => /[\d+/=_~]|[a-z.][A-Z]|[A-Z]{2}/.test(token) || token.length >= 20

const redactSchemes = (text: string): string =>
  text.replace(SCHEME, (whole, scheme: string, space: string, token: string) =>
    isCredential(token) ? `${scheme}${space}${REDACTED}` : whole,
  )

/**
 * A text without its secrets: private keys, what stands behind a secret's name (`password=…`, `"api_key": "…"`, `Authorization: …`,
 * `Cookie: …`), passwords in addresses, bearer and basic credentials, JSON web tokens, well-known keys and card numbers. In time that is
 * linear in the text's length; `extra` is as fast as its patterns are. What it has redacted it leaves as it is.
 *
 * @example
 * redactText('login with password=hunter2 failed') // 'login with password=[redacted] failed'
 */
export const redactText = (text: string, extra: readonly RegExp[] = []): string => {
  let safe = redactPrivateKeys(text)
  safe = redactNamedValues(safe, REDACTED)
  safe = redactAddresses(safe)
  if (safe.length > 10) {
    safe = redactSchemes(safe)
    if (TOKEN_HINT.test(safe)) for (const pattern of TOKENS) safe = safe.replace(pattern, REDACTED)
    safe = redactCards(safe, REDACTED)
  }
  for (const pattern of extra) safe = safe.replace(pattern, REDACTED)
  return safe
}

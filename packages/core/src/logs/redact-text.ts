import { findCards } from './card-numbers.ts'
import { decodeText } from './coded-text.ts'
import { type Extent, type Finder, replaceExtents } from './extents.ts'
import { findNamedValues } from './named-values.ts'
import { findElements } from './secret-elements.ts'
import { findArguments, findPairedSecrets } from './secret-lists.ts'

/** What stands in a secret's place. */
export const REDACTED = '[redacted]'

const KEY_BEGINS = '-----BEGIN '
const KEY_HEAD = /^-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/
const KEY_ENDS = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g

/** Up to where it ends, or to the end of the text. */
const findPrivateKeys: Finder = (text) => {
  const extents: Extent[] = []
  for (let begin = text.indexOf(KEY_BEGINS); begin !== -1; ) {
    let done = begin + KEY_BEGINS.length
    if (KEY_HEAD.test(text.slice(begin, begin + 80))) {
      KEY_ENDS.lastIndex = begin
      done = KEY_ENDS.exec(text) === null ? text.length : KEY_ENDS.lastIndex
      extents.push({ from: begin, to: done })
    }
    begin = text.indexOf(KEY_BEGINS, done)
  }
  return extents
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
const findCredentialsOfAddresses: Finder = (text) => {
  const extents: Extent[] = []
  let done = 0
  let nextAt = 0
  for (let begin = text.indexOf('://'); begin !== -1; begin = text.indexOf('://', begin + 3)) {
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
    const kept = colon !== -1 && colon < at ? colon + 1 : 0
    done = from + at
    extents.push({ from: from + kept, to: done })
  }
  return extents
}

/** Each begins where a run of its own characters begins, and goes no further than a bound: no text is read more than once. */
const TOKENS = [
  // RFC 7519: two or more parts of base64url, the first a JSON object, so that it begins with `{"`.
  /(?<![\w-])eyJ[\w-]{6,16384}\.[\w-]{2,16384}(?:\.[\w-]{0,16384}){0,3}/g,
  /(?<![\w-])(?:gh[pousr]_\w{16,500}|github_pat_\w{16,500}|A(?:KIA|SIA)[A-Z0-9]{12,500}|xox[a-z]-[\w-]{8,500}|[spr]k_(?:live|test)_\w{8,500}|AIza[\w-]{30,500}|npm_\w{30,500}|glpat-[\w-]{16,500}|SG\.[\w-]{16,500}\.[\w-]{16,500})/g,
] as const

const TOKEN_HINT = /eyJ|gh[pousr]_|github_pat_|A[KS]IA|xox|[spr]k_(?:live|test)_|AIza|npm_|glpat-|SG\./

const SCHEME_HINT = /(?:bearer|basic)[ \t]/i
const SCHEME = /\b(bearer|basic)([ \t]{1,8})([\w.~+/=-]{4,16384})/gi

/** Is what follows the name of a scheme a credential, and no word of a sentence? */
const isCredential = (token: string): boolean => /[\d+/=_~]|[a-z.][A-Z]|[A-Z]{2}/.test(token) || token.length >= 20

const NOTHING: readonly Extent[] = []

const findSchemes: Finder = (text) =>
  SCHEME_HINT.test(text)
    ? [...text.matchAll(SCHEME)].flatMap(({ 0: whole, 3: token = '', index }) =>
        isCredential(token) ? [{ from: index + whole.length - token.length, to: index + whole.length }] : [],
      )
    : NOTHING

const findTokens: Finder = (text) =>
  text.length > 10 && TOKEN_HINT.test(text)
    ? TOKENS.flatMap((pattern) =>
        [...text.matchAll(pattern)].map(({ 0: token, index }) => ({ from: index, to: index + token.length })),
      )
    : NOTHING

/** What a text must hold for a finder to find anything: characters that are seen in one pass over it, for most texts hold few of them. */
const HOLDS = { sign: 1, quote: 2, less: 4, dash: 8, digit: 16, code: 32 } as const

const HELD_BY: Readonly<Record<keyof typeof HOLDS, string>> = {
  sign: ':=',
  quote: '"\'',
  less: '<',
  dash: '-',
  digit: '0123456789',
  code: '%&\\',
}

const HELD = new Uint8Array(128)
for (const [name, characters] of Object.entries(HELD_BY)) {
  for (const character of characters) HELD[character.charCodeAt(0)] = HOLDS[name as keyof typeof HOLDS]
}

const heldIn = (text: string): number => {
  let held = 0
  for (let at = 0; at < text.length; at++) held |= HELD[text.charCodeAt(at)] ?? 0
  return held
}

/** One after another, each on what the one before has left; with what a text must hold for each. */
const FINDERS: readonly (readonly [needs: number, find: Finder])[] = [
  [HOLDS.dash, findPrivateKeys],
  [HOLDS.sign, findNamedValues],
  [HOLDS.quote, findPairedSecrets],
  [HOLDS.dash, findArguments],
  [HOLDS.less, findElements],
  [HOLDS.sign, findCredentialsOfAddresses],
  [0, findSchemes],
  [0, findTokens],
  [HOLDS.digit, findCards],
]

/** Secrets whose names or signs are coded. */
const redactCoded = (text: string): string => {
  const decoded = decodeText(text)
  if (decoded === null) return text
  const extents = FINDERS.flatMap(([, find]) => find(decoded.text))
  return replaceExtents(text, decoded.toCoded(extents), REDACTED)
}

/**
 * A text without its secrets: private keys; what stands behind a secret's name (`password=…`, `"api_key": "…"`, `Authorization: …`,
 * `Cookie: …`, `--token …`, `["authorization","…"]`, `{"name":"cookie","value":"…"}`, `<password>…</password>`), also where the name or its
 * sign is coded for a URL, HTML or JSON; passwords in addresses; bearer and basic credentials; JSON web tokens; well-known keys; card numbers.
 * In time that is linear in the text's length; `extra` is as fast as its patterns are. What it has redacted it leaves as it is.
 *
 * @example
 * redactText('login with password=hunter2 failed') // 'login with password=[redacted] failed'
 */
export const redactText = (text: string, extra: readonly RegExp[] = []): string => {
  let safe = text
  const held = heldIn(text)
  for (const [needs, find] of FINDERS) {
    if ((held & needs) === needs) safe = replaceExtents(safe, find(safe), REDACTED)
  }
  if ((held & HOLDS.code) !== 0) safe = redactCoded(safe)
  for (const pattern of extra) safe = safe.replace(pattern, REDACTED)
  return safe
}

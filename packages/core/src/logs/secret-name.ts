import { decodeText } from './coded-text.ts'

/** Words that make a name a secret's, wherever in it they stand; names are compared without case, `-`, `_`, `.` and spaces. */
const SECRET_WORDS =
  /passw(?:or)?d|passphrase|secret|apikey|accesskey|privatekey|signingkey|encryptionkey|credential|authorization|cookie|sessionid|connectionstring/

/** Names that are secrets as a whole, or by how they end. */
const SECRET_ENDINGS = /(?:token|jwt|bearer|signature|pwd|passcode)$/
const SECRET_NAMES = new Set(['auth', 'pass', 'pw', 'sid', 'pin', 'otp', 'cvv', 'cvc', 'csc', 'sig', 'cardnumber', 'pan', 'ssn'])

/** `db_pass`, `dbPass`; not `bypass`. */
const PASS = /(?:[-_.]pass|[-_.]PASS|[a-z\d]Pass)$/

/** What is longer is judged by its end. */
const LONGEST_NAME = 100

/**
 * Does a field of this name hold a secret?
 *
 * @example
 * isSecretName('x-api-key') // true
 * isSecretName('token_count') // false
 */
export const isSecretName = (name: string): boolean => {
  const plain = (name.includes('%') ? (decodeText(name)?.text ?? name) : name)
    .slice(-LONGEST_NAME)
    .toLowerCase()
    .replace(/[-_.\s]/g, '')
  return PASS.test(name) || SECRET_NAMES.has(plain) || SECRET_ENDINGS.test(plain) || SECRET_WORDS.test(plain)
}

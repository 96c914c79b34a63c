import type { Extent } from './extents.ts'
import { isSecretName } from './secret-name.ts'
import { valueAfter } from './secret-value.ts'

/** Names in a list: those of fields, of headers that are allowed. No credential is made of letters and dashes alone. */
const PLAIN_NAME = /^[A-Za-z][A-Za-z_-]{0,39}$/
const FLAG = /^--/

/**
 * Is the second of two neighbours in a list the secret that the first names, as in `rawHeaders` (`['authorization', 'Bearer …']`) and in the
 * arguments of a command (`['--password', '…']`)? Not in a list of names.
 */
export const isSecretOf = (name: string, value: string): boolean =>
  isSecretName(name) && (FLAG.test(name) ? !value.startsWith('-') : !PLAIN_NAME.test(value))

const NAME_AND_COMMA = /(["'])(-{0,2}[A-Za-z][\w.-]{1,99})\\{0,8}\1[ \t\r\n]{0,40},[ \t\r\n]{0,40}(?=\\{0,8}["'])/g

/** Secrets that follow their name in a list: `"authorization","Bearer …"`, also within a text in quotes. */
export const findPairedSecrets = (text: string): readonly Extent[] => {
  const extents: Extent[] = []
  const names = new RegExp(NAME_AND_COMMA)
  for (let found = names.exec(text); found !== null; found = names.exec(text)) {
    const [, , name = ''] = found
    if (!isSecretName(name)) continue
    // What stands before the value takes the place of a sign.
    const value = valueAfter(text, names.lastIndex - 1, '')
    if (value.from >= value.to || !isSecretOf(name, text.slice(value.from, value.to))) continue
    extents.push(value)
    names.lastIndex = value.to + 1
  }
  return extents
}

const FLAG_AND_SPACE = /(?<![\w-])--(?!no-)([A-Za-z][\w.-]{1,99})[ \t]{1,8}(?![-|<>&;\s])/g
/** `--password-file /run/secrets/db` names a place. */
const PLACE = /(?:file|path|dir|jar|env|stdin|prompt)$/i
/** Of a sentence about the flag. */
const PROSE =
  /^(?:is|are|was|were|to|or|and|not|has|had|must|may|can|cannot|needs?|requires?|required|missing|expects?|given|option|flag|argument|for|from|in|of|on|with|without|instead|if|when)$/i

/** Secrets on a command line that follow their flag: `--password x`; `--password=x` is found as any name and value is. */
export const findArguments = (text: string): readonly Extent[] => {
  const extents: Extent[] = []
  const flags = new RegExp(FLAG_AND_SPACE)
  for (let found = flags.exec(text); found !== null; found = flags.exec(text)) {
    const [, name = ''] = found
    if (!isSecretName(name) || PLACE.test(name)) continue
    const value = valueAfter(text, flags.lastIndex - 1, '')
    if (value.from >= value.to || PROSE.test(text.slice(value.from, Math.min(value.to, value.from + 20)))) continue
    extents.push(value)
    flags.lastIndex = value.to
  }
  return extents
}

import type { Extent } from './extents.ts'
import { isSecretName } from './secret-name.ts'

/** With its closing sign (`<\/` in JSON of some), its name without a prefix, and its attributes. */
const TAG = /<(\\{0,4}\/)?(?:[A-Za-z_][\w.-]{0,60}:)?([A-Za-z_][\w.-]{0,99})(?:\s([^<>]{0,4000}))?(\/?)>/g
// What was redacted before is left.
const WORD = /(?!\[redacted\])[^\s<>"'`,;)\]}|]{1,4096}/y
const IN_WORD = /\w/

interface Opened {
  readonly name: string
  /** After its tag. */
  readonly from: number
  /** As in `Map<Token>`: a type in parameters, and no element, unless it is closed. */
  readonly isInWord: boolean
}

/** Elements that are open at once and looked through for the one that a tag closes. */
const MOST_OPEN = 16

/**
 * What stands in XML elements of secret names: `<password>…</password>`, with whatever is in it. Of one that is not closed the word that follows
 * its tag at once. Attributes (`password="…"`) are found as any name and value are.
 */
export const findElements = (text: string): readonly Extent[] => {
  const extents: Extent[] = []
  const open: Opened[] = []

  const leave = ({ from, isInWord }: Opened): void => {
    if (isInWord) return
    WORD.lastIndex = from
    const word = WORD.exec(text)
    if (word !== null) extents.push({ from, to: from + word[0].length })
  }

  for (const { 0: tag, 1: slash = '', 2: name = '', 3: attributes = '', index } of text.matchAll(TAG)) {
    if (!isSecretName(name) || attributes.endsWith('/') || tag.endsWith('/>')) continue
    if (slash === '') {
      const oldest = open.length === MOST_OPEN ? open.shift() : undefined
      if (oldest !== undefined) leave(oldest)
      open.push({ name, from: index + tag.length, isInWord: IN_WORD.test(text.charAt(index - 1)) })
      continue
    }
    const at = open.findLastIndex((each) => each.name === name)
    if (at === -1) continue
    const [closed, ...inner] = open.splice(at)
    for (const each of inner) leave(each)
    if (closed !== undefined && closed.from < index) extents.push({ from: closed.from, to: index })
  }
  for (const each of open) leave(each)
  return extents
}

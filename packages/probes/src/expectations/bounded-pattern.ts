import { createContext, Script } from 'node:vm'

/** Longest text a pattern is tried on, characters; what comes after is not looked at. */
export const maxMatchedChars = 65_536

/** How long one attempt may take, ms: it holds the event loop up meanwhile. */
export const maxMatchMs = 50

export type PatternVerdict = 'matches' | 'differs' | 'too slow'

/** Does the text match? Text past `maxMatchedChars` is left out. */
export type PatternTest = (text: string) => PatternVerdict

/**
 * Why a regular expression is not taken; null where it is. What is refused here backtracks for longer than the universe is old on a
 * text made for it: a repetition within a repetition, and what refers back to a group.
 */
export const patternFault = (source: string): string | null => {
  if (source.length > 1_000) return 'must be at most 1000 characters long'
  try {
    new RegExp(source, 'u')
  } catch {
    return 'must be a regular expression as JavaScript has it, with the flag u'
  }
  const tokens = tokenize(source)
  if (tokens.some((token) => /^\\[1-9k]/.test(token))) return 'must not refer back to a group'
  return hasNestedRepetition(tokens) ? 'must not repeat what has a repetition in it' : null
}

/**
 * A pattern's test. V8 backtracks, and even without nesting a pattern can take minutes on 64 KB of hostile text: whatever may take
 * more than linear time runs under a watchdog, which costs about a millisecond.
 */
export const patternTest = (source: string): PatternTest => {
  const pattern = new RegExp(source, 'u')
  const bound = (text: string): string => text.slice(0, maxMatchedChars)
  if (!tokenize(source).some(isUnbounded)) return (text) => toVerdict(pattern.test(bound(text)))

  const script = new Script('pattern.test(text)')
  const room = { pattern, text: '' }
  let context: ReturnType<typeof createContext> | null = null
  return (text) => {
    context ??= createContext(room)
    room.text = bound(text)
    try {
      return toVerdict(script.runInContext(context, { timeout: maxMatchMs }) === true)
    } catch {
      // The watchdog, or a stack that the pattern has used up: an error of the other context, which is no instance of `Error` here.
      return 'too slow'
    } finally {
      room.text = ''
    }
  }
}

const toVerdict = (isMatch: boolean): PatternVerdict => (isMatch ? 'matches' : 'differs')

/** Escapes, classes, group openings, quantifiers and single characters. */
const tokenize = (source: string): readonly string[] =>
  source.match(
    /\\k<[^>]*>|\\[pPux]\{[^}]*\}|\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:[:=!]|<[=!]|<[^>]*>|[a-z-]*:))?|\{\d+(?:,\d*)?\}\??|[*+?]\??|./gsu,
  ) ?? []

const isUnbounded = (token: string): boolean => /^[*+]|^\{\d+,\}/.test(token)

const isRepetition = (token: string): boolean => isUnbounded(token) || /^\{(?!0?,?[01]\}|1,1\})\d/.test(token)

const hasNestedRepetition = (tokens: readonly string[]): boolean => {
  const open: boolean[] = []
  let hasRepetition = false
  for (const [index, token] of tokens.entries()) {
    if (token.startsWith('(')) {
      open.push(hasRepetition)
      hasRepetition = false
    } else if (token === ')') {
      if (hasRepetition && isRepetition(tokens[index + 1] ?? '')) return true
      hasRepetition ||= open.pop() ?? false
    } else if (isUnbounded(token)) {
      hasRepetition = true
    }
  }
  return false
}

import type { Extent } from './extents.ts'

/** No card is where there is nothing like this. */
const HINT = /\d[\d .+\-\u00a0\u2007-\u2009\u202f]{11}/

const SHORTEST = 13
const LONGEST = 19
/** American Express, Diners, Visa, Mastercard, Discover, UnionPay, Maestro; no time in ms begins so before the year 2065. */
const ISSUER = /^(?:2[2-7]|[3-6])/

/** The check digit of ISO/IEC 7812. */
export const isLuhn = (digits: string): boolean => {
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48
    const doubled = index % 2 === 0 ? digit : digit * 2
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

const isCard = (digits: string): boolean =>
  digits.length >= SHORTEST && digits.length <= LONGEST && ISSUER.test(digits) && isLuhn(digits)

interface Group extends Extent {
  readonly digits: string
  /** Is it parted by a dot from the one before? */
  readonly isDotted: boolean
}

/** Also `+`, which is a blank in a form. */
const isDot = (code: number): boolean => code === 46 || code === 43
const DIGIT = /\d/g
const isDigit = (code: number): boolean => code >= 48 && code <= 57
/** Blanks, also those that do not break a line, and dashes. */
const isBetween = (code: number): boolean =>
  code === 32 || code === 45 || code === 0xa0 || (code >= 0x2007 && code <= 0x2009) || code === 0x202f

/** Digits with nothing but blanks, dashes or one dot between them, group by group, from `from` on; no groups where the text ends. */
const nextRun = (text: string, from: number): { readonly groups: readonly Group[]; readonly end: number } => {
  const groups: Group[] = []
  DIGIT.lastIndex = from
  let at = DIGIT.exec(text)?.index ?? text.length
  while (at < text.length && isDigit(text.charCodeAt(at))) {
    const begin = at
    while (isDigit(text.charCodeAt(at))) at++
    groups.push({ digits: text.slice(begin, at), from: begin, to: at, isDotted: isDot(text.charCodeAt(begin - 1)) })
    if (isDot(text.charCodeAt(at)) && isDigit(text.charCodeAt(at + 1))) at++
    else while (isBetween(text.charCodeAt(at))) at++
  }
  return { groups, end: at }
}

/** Dots part versions, dates and amounts too: cards are grouped by four, or as American Express and Diners do. */
const isCardGrouping = (groups: readonly Group[]): boolean =>
  /^(?:4,4,4,[1-4]|4,4,4,4,[1-3]|4,6,[45])$/.test(groups.map(({ digits }) => digits.length).join(','))

/** An account's number begins with its country and a check number (ISO 13616): `DE89 3704 0044 …`. */
const isAccount = (text: string, [first]: readonly Group[]): boolean =>
  first !== undefined &&
  first.digits.length === 2 &&
  /(?<![A-Za-z])[A-Z]{2}$/.test(text.slice(Math.max(0, first.from - 3), first.from))

/** A card's number may stand among other numbers: whole groups are tried, from each on. */
const findCardsIn = (groups: readonly Group[]): readonly Extent[] => {
  const cards: Extent[] = []
  for (let first = 0; first < groups.length; first++) {
    let digits = ''
    for (let last = first; last < groups.length && digits.length < LONGEST; last++) {
      const [start, end] = [groups[first] as Group, groups[last] as Group]
      digits = end.digits.length > LONGEST ? end.digits : digits + end.digits
      if (!isCard(digits)) continue
      const all = groups.slice(first, last + 1)
      if (all.some(({ isDotted }, index) => isDotted && index > 0) && !isCardGrouping(all)) continue
      cards.push({ from: start.from, to: end.to })
      first = last
      break
    }
  }
  return cards
}

/** The numbers of payment cards: 13 to 19 digits, in groups or in one, of a known issuer and with the right check digit. */
export const findCards = (text: string): readonly Extent[] => {
  const cards: Extent[] = []
  if (!HINT.test(text)) return cards
  for (let run = nextRun(text, 0); run.groups.length > 0; run = nextRun(text, run.end)) {
    if (!isAccount(text, run.groups)) cards.push(...findCardsIn(run.groups))
  }
  return cards
}

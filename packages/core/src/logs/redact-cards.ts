/** No card is where there is nothing like this. */
const HINT = /\d[\d -]{11}/

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

interface Group {
  readonly digits: string
  readonly from: number
  readonly to: number
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57
const isBetween = (code: number): boolean => code === 32 || code === 45

/** Digits with nothing but blanks and dashes between them, group by group, from `from` on; no groups where the text ends. */
const nextRun = (text: string, from: number): { readonly groups: readonly Group[]; readonly end: number } => {
  const groups: Group[] = []
  let at = from
  while (at < text.length && !isDigit(text.charCodeAt(at))) at++
  while (at < text.length && isDigit(text.charCodeAt(at))) {
    const begin = at
    while (isDigit(text.charCodeAt(at))) at++
    groups.push({ digits: text.slice(begin, at), from: begin, to: at })
    while (isBetween(text.charCodeAt(at))) at++
  }
  return { groups, end: at }
}

/** A card's number may stand among other numbers: whole groups are tried, from each on. */
const findCards = (groups: readonly Group[]): readonly Pick<Group, 'from' | 'to'>[] => {
  const cards: Pick<Group, 'from' | 'to'>[] = []
  for (let first = 0; first < groups.length; first++) {
    let digits = ''
    for (let last = first; last < groups.length && digits.length < LONGEST; last++) {
      const [start, end] = [groups[first] as Group, groups[last] as Group]
      digits = end.digits.length > LONGEST ? end.digits : digits + end.digits
      if (!isCard(digits)) continue
      cards.push({ from: start.from, to: end.to })
      first = last
      break
    }
  }
  return cards
}

/** Replaces the numbers of payment cards: 13 to 19 digits, in groups or in one, of a known issuer and with the right check digit. */
export const redactCards = (text: string, replacement: string): string => {
  if (!HINT.test(text)) return text
  let result = ''
  let done = 0
  for (let run = nextRun(text, 0); run.groups.length > 0; run = nextRun(text, run.end)) {
    for (const { from, to } of findCards(run.groups)) {
      result += text.slice(done, from) + replacement
      done = to
    }
  }
  return result + text.slice(done)
}

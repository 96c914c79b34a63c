interface Typist {
  readonly who: string
  readonly until: number
}

const nobody = 'anonymous'

/** Who writes a comment now, in one line; '' where nobody does. `isMine`: one of them is the reader. */
export const typingLine = (
  typists: readonly Typist[],
  { now, isMine }: { readonly now: number; readonly isMine: boolean },
): string => {
  const writing = typists.filter(({ until }) => until > now).map(({ who }) => who)
  // Who has no name is known by that alone; a single one who is me is nobody else.
  const others = isMine ? (writing.length === 1 ? [] : writing.filter((who) => who !== nobody)) : writing
  const names = others.map((who) => (who === nobody ? 'Somebody' : who))
  if (names.length === 0) return ''
  if (names.length > 2) return `${names.length} people are writing …`
  return `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} writing …`
}

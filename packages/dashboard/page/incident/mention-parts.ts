interface TextPart {
  /** Where it begins. */
  readonly at: number
  readonly text: string
  readonly isMention: boolean
}

/** A comment in parts: what is between its mentions, and they. */
export const mentionParts = (text: string, mentions: readonly string[]): readonly TextPart[] => {
  if (mentions.length === 0) return [{ at: 0, text, isMention: false }]
  const marks = mentions.map((name) => `@${name}`)
  const parts: TextPart[] = []
  let plainFrom = 0
  const end = (at: number) => {
    if (at > plainFrom) parts.push({ at: plainFrom, text: text.slice(plainFrom, at), isMention: false })
  }
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    // Of `@ann` and `@anna` the longer one was meant.
    const mark = marks.filter((each) => text.startsWith(each, at)).sort((a, b) => b.length - a.length)[0]
    if (mark === undefined || at < plainFrom) continue
    end(at)
    parts.push({ at, text: mark, isMention: true })
    plainFrom = at + mark.length
  }
  end(text.length)
  return parts
}

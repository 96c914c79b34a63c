/**
 * The texts as one of printable ASCII that orders as they do, part after part, each by its UTF-8 bytes: a space ends a part, what is up to `!`
 * is written as `!` and two hex digits, what is from `~` on as `~` and two. So the order is the same wherever strings are compared, and no
 * engine folds, trims or cuts anything.
 *
 * @example
 * toKeyText('default', 'orders', 'eu-west') // 'default orders eu-west'
 */
export const toKeyText = (...parts: readonly string[]): string => parts.map((part) => escapeText(part)).join(' ')

/** One part. `maxBytes` cuts it after so many bytes. */
export const escapeText = (text: string, maxBytes = Number.POSITIVE_INFINITY): string => {
  if (text.length <= maxBytes && plain.test(text)) return text
  const bytes = encoder.encode(text)
  let escaped = ''
  for (const byte of bytes.length > maxBytes ? bytes.subarray(0, maxBytes) : bytes) {
    if (byte > 0x21 && byte < 0x7e) escaped += String.fromCharCode(byte)
    else escaped += (byte < 0x7e ? '!' : '~') + byte.toString(16).padStart(2, '0')
  }
  return escaped
}

/** The parts that a key was made of. */
export const fromKeyText = (key: string): readonly string[] => key.split(' ').map(unescapeText)

/** Every key whose first part is this one is in it: `from` inclusive, `to` exclusive. */
export const keyRange = (first: string): { readonly from: string; readonly to: string } => {
  const text = escapeText(first)
  return { from: `${text} `, to: `${text}!` }
}

const plain = /^["-}]*$/
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

const unescapeText = (escaped: string): string => {
  if (plain.test(escaped) && !escaped.includes('!')) return escaped
  const bytes: number[] = []
  for (let place = 0; place < escaped.length; place++) {
    const character = escaped[place]
    if (character === '!' || character === '~') {
      bytes.push(Number.parseInt(escaped.slice(place + 1, place + 3), 16))
      place += 2
    } else bytes.push(escaped.charCodeAt(place))
  }
  return decoder.decode(Uint8Array.from(bytes))
}

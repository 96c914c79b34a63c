/** A mail taken apart: what a mail reader makes of it. */
export interface MailParts {
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly text: string
  readonly html: string
}

interface Part {
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

const splitPart = (raw: string): Part => {
  const end = raw.indexOf('\r\n\r\n')
  const lines = raw
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
  return {
    headers: lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    body: raw.slice(end + 4),
  }
}

const headerOf = ({ headers }: Part, name: string): string => headers.find(([key]) => key === name)?.[1] ?? ''

const decode = (part: Part): string => {
  const encoding = headerOf(part, 'content-transfer-encoding').toLowerCase()
  if (encoding === 'base64') return Buffer.from(part.body, 'base64').toString()
  if (encoding !== 'quoted-printable') return part.body
  const bytes = part.body
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}

/** Takes a `multipart/alternative` of text and HTML apart. */
export const mailParts = (raw: string): MailParts => {
  const mail = splitPart(raw)
  const boundary = /boundary="([^"]+)"/.exec(headerOf(mail, 'content-type'))?.[1] ?? 'none'
  const parts = mail.body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => splitPart(part.replace(/^\r\n/, '')))
  const find = (type: string): string => {
    const part = parts.find((candidate) => headerOf(candidate, 'content-type').startsWith(type))
    return part === undefined ? '' : decode(part)
  }
  return { headers: mail.headers, text: find('text/plain'), html: find('text/html') }
}

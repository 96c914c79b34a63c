import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/** The beginning of a response. */
export interface Head {
  readonly status: number
  readonly headers: Headers
}

export interface FetchSocketOptions {
  readonly address: string
  readonly isEncrypted: boolean
  onHead(head: Head): void
  /** Calls `done` when there is room for more. */
  onBody(piece: Buffer, done: () => void): void
}

/** Of one connection only; the host's own server decides about its own. */
const HOP_BY_HOP: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding'])
const HEAD_END = Buffer.from('\r\n\r\n')

const parseHead = (text: string): Head => {
  const [statusLine = '', ...lines] = text.split('\r\n')
  const headers = new Headers()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    if (!HOP_BY_HOP.has(name)) headers.append(name, line.slice(colon + 1).trim())
  }
  return { status: Number(statusLine.split(' ')[1]), headers }
}

/** Stands where the network socket would: what is written to it is told as the response's head and pieces of its body. */
export const createFetchSocket = ({ address, isEncrypted, onHead, onBody }: FetchSocketOptions): Socket => {
  let head: Buffer | null = Buffer.alloc(0)
  const socket = new Duplex({
    read: () => {},
    write: (piece: Buffer, _encoding, done) => {
      if (head === null) {
        onBody(piece, done)
        return
      }
      head = Buffer.concat([head, piece])
      const end = head.indexOf(HEAD_END)
      if (end < 0) {
        done()
        return
      }
      const rest = head.subarray(end + HEAD_END.length)
      onHead(parseHead(head.toString('latin1', 0, end)))
      head = null
      if (rest.length > 0) onBody(rest, done)
      else done()
    },
  })
  return Object.assign(socket, { remoteAddress: address, encrypted: isEncrypted, setTimeout: () => socket }) as unknown as Socket
}

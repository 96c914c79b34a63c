import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** A DNS server on the loopback interface, UDP and TCP, that answers what a test wants. */
export interface DnsServer {
  readonly resolver: string
  readonly port: number
  /** Questions so far, with how they came: `udp A orders.example`. */
  questions(): readonly string[]
  close(): Promise<void>
}

/** A record's data, encoded; `type` by number. */
export interface DnsRecord {
  readonly type: number
  readonly ttlS?: number
  readonly data: Buffer
}

export type DnsReply =
  | { readonly records: readonly DnsRecord[] }
  /** Response code: 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED. */
  | { readonly rcode: number }
  | { readonly raw: Buffer }
  | 'silence'

const typeNames = new Map([
  [1, 'A'],
  [2, 'NS'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [12, 'PTR'],
  [15, 'MX'],
  [16, 'TXT'],
  [28, 'AAAA'],
  [33, 'SRV'],
  [257, 'CAA'],
])

const dnsName = (name: string): Buffer =>
  Buffer.concat([
    ...name
      .split('.')
      .filter(Boolean)
      .map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.from([0]),
  ])

export const a = (address: string, ttlS = 60): DnsRecord => ({ type: 1, ttlS, data: Buffer.from(address.split('.').map(Number)) })

const sixteen = (...numbers: readonly number[]): Buffer => Buffer.from(numbers.flatMap((each) => [each >> 8, each & 255]))

export const mx = (priority: number, host: string): DnsRecord => ({
  type: 15,
  data: Buffer.concat([sixteen(priority), dnsName(host)]),
})
export const srv = (priority: number, weight: number, port: number, host: string): DnsRecord => ({
  type: 33,
  data: Buffer.concat([sixteen(priority, weight, port), dnsName(host)]),
})
export const txt = (...parts: readonly string[]): DnsRecord => ({
  type: 16,
  data: Buffer.concat(parts.map((part) => Buffer.from([part.length, ...Buffer.from(part)]))),
})
export const named = (type: 2 | 5 | 12, host: string): DnsRecord => ({ type, data: dnsName(host) })
export const caa = (flags: number, tag: string, value: string): DnsRecord => ({
  type: 257,
  data: Buffer.concat([Buffer.from([flags, tag.length]), Buffer.from(tag + value)]),
})

export const startDnsServer = async (answer: (type: string, name: string) => DnsReply): Promise<DnsServer> => {
  const questions: string[] = []
  const reply = (query: Buffer, protocol: 'udp' | 'tcp'): Buffer | null => {
    const labels: string[] = []
    let at = 12
    while (query[at] !== 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!))
      at += 1 + query[at]!
    }
    const type = typeNames.get(query.readUInt16BE(at + 1)) ?? '?'
    const name = labels.join('.')
    questions.push(`${protocol} ${type} ${name}`)
    const found = answer(type, name)
    if (found === 'silence') return null
    const id = query.subarray(0, 2)
    if ('raw' in found) return Buffer.concat([id, found.raw])
    const question = query.subarray(12, at + 5)
    const records = 'records' in found ? found.records : []
    const rcode = 'rcode' in found ? found.rcode : 0
    const answers = records.map(({ type: number, ttlS = 60, data }) => {
      const head = Buffer.alloc(12)
      head.writeUInt16BE(0xc00c, 0)
      head.writeUInt16BE(number, 2)
      head.writeUInt16BE(1, 4)
      head.writeUInt32BE(ttlS, 6)
      head.writeUInt16BE(data.length, 10)
      return Buffer.concat([head, data])
    })
    const whole = (flags: number, list: readonly Buffer[]): Buffer =>
      Buffer.concat([id, Buffer.from([flags, 0x80 | rcode]), sixteen(1, list.length, 0, 0), question, ...list])
    const full = whole(0x85, answers)
    // Truncated: to be asked again over TCP.
    return protocol === 'udp' && full.length > 512 ? whole(0x87, []) : full
  }

  const tcp = createServer((socket) => {
    let buffered = Buffer.alloc(0)
    socket
      .on('error', () => {})
      .on('data', (chunk: Buffer) => {
        buffered = Buffer.concat([buffered, chunk])
        if (buffered.length < 2 || buffered.length < 2 + buffered.readUInt16BE(0)) return
        const message = reply(buffered.subarray(2, 2 + buffered.readUInt16BE(0)), 'tcp')
        buffered = Buffer.alloc(0)
        if (message !== null) socket.write(Buffer.concat([sixteen(message.length), message]))
      })
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  const open = new Set<{ destroy(): unknown }>()
  tcp.listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  const { port } = tcp.address() as AddressInfo
  const udp = createSocket('udp4')
  udp.on('message', (query, { address, port: from }) => {
    const message = reply(query, 'udp')
    if (message !== null) udp.send(message, from, address)
  })
  udp.bind(port, '127.0.0.1')
  await once(udp, 'listening')
  return {
    resolver: `127.0.0.1:${port}`,
    port,
    questions: () => questions,
    close: async () => {
      for (const socket of open) socket.destroy()
      tcp.close()
      udp.close()
      await Promise.all([once(tcp, 'close'), once(udp, 'close')])
    },
  }
}

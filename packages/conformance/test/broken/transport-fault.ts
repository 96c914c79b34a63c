import type { Gateway, Transport } from '@sightline/core/ports'
import type { TransportSubject } from '../../src/index.ts'

export interface TransportFault {
  readonly breaks: string
  readonly noticedBy: readonly string[]
  readonly wrap: () => (subject: TransportSubject) => TransportSubject
}

export const broken = (
  breaks: string,
  noticedBy: readonly string[],
  change: (transport: Transport) => Partial<Transport>,
): TransportFault => ({
  breaks,
  noticedBy,
  wrap: () => (subject) => ({ ...subject, transport: { ...subject.transport, ...change(subject.transport) } }),
})

export const through = (
  breaks: string,
  noticedBy: readonly string[],
  change: (gateway: Gateway, transport: Transport) => Partial<Gateway>,
): TransportFault =>
  broken(breaks, noticedBy, (transport) => ({
    open: (gateway) => transport.open({ ...gateway, ...change(gateway, transport) }),
  }))

export const inRooms = (...titles: readonly string[]): readonly string[] => titles.map((title) => `rooms: ${title}`)
export const inRequests = (...titles: readonly string[]): readonly string[] => titles.map((title) => `requests: ${title}`)
export const inEndings = (...titles: readonly string[]): readonly string[] => titles.map((title) => `endings: ${title}`)

export const isGone = (thrown: string): never => {
  throw new Error(thrown)
}

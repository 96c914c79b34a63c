import { isIP } from 'node:net'
import type { FieldFault } from '@sightline/core'
import { z } from 'zod'
import { parseProbeOptions } from '../probe-options.ts'

/** Which records of a name are asked for. */
export type DnsRecordType = (typeof recordTypes)[number]

export const recordTypes = ['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT'] as const

/** How a name is looked up. */
export interface DnsProbeOptions {
  /** `orders.example`; for `PTR` an address will do. */
  readonly name: string
  /** Default `A`. */
  readonly type?: DnsRecordType
  /** Servers asked in turn, as address or address and port: `9.9.9.9`, `127.0.0.1:5353`, `[2620:fe::fe]:53`. Default: the system's. */
  readonly resolvers?: readonly string[]
  /**
   * Records that must be among the answers: `192.0.2.7`, `10 mail.example` (MX), `10 5 443 host.example` (SRV),
   * `0 issue letsencrypt.org` (CAA), a whole TXT text. Names without their last dot, in any case.
   */
  readonly expect?: readonly string[]
  /** Must the answers be those of `expect` and no others? Default false. */
  readonly exact?: boolean
  /** Fewest answers, 0 to 1,000. With 0 a name that does not exist is no failure. Default 1. */
  readonly minAnswers?: number
}

const schema = z.strictObject(
  {
    name: z.string('must be a name to look up').regex(/^[^\s\p{Cc}]{1,255}$/u, 'must be a name to look up'),
    type: z.enum(recordTypes, `must be one of ${recordTypes.join(', ')}`).optional(),
    resolvers: z
      .array(
        z
          .string('must be an address, or one with a port')
          .refine((text) => toResolver(text) !== null, 'must be an address, or one with a port'),
        'must be a list of addresses',
      )
      .min(1, 'must have at least one address')
      .max(10, 'must have at most 10 addresses')
      .optional(),
    expect: z
      .array(
        z.string('must be a text').min(1, 'must not be empty').max(10_000, 'must be at most 10000 characters long'),
        'must be a list of records',
      )
      .min(1, 'must have at least one record')
      .max(100, 'must have at most 100 records')
      .optional(),
    exact: z.boolean('must be true or false').optional(),
    minAnswers: z.int('must be a whole number').min(0, 'must be 0 to 1000').max(1_000, 'must be 0 to 1000').optional(),
  },
  'must be an object with a name',
)

const contradictions = (raw: unknown): FieldFault[] => {
  if (typeof raw !== 'object' || raw === null) return []
  const { exact, expect } = raw as Partial<Record<keyof DnsProbeOptions, unknown>>
  return exact === true && expect === undefined ? [{ path: 'exact', message: 'needs expect' }] : []
}

/** @throws SightlineError `INVALID_CONFIG` with every fault of the options. */
export const parseDnsProbeOptions = (raw: unknown): DnsProbeOptions =>
  parseProbeOptions(raw, { name: 'DNS', schema, contradictions })

/** A resolver's address and port; null where the text is none. */
export const toResolver = (text: string): { readonly address: string; readonly port: number } | null => {
  if (isIP(text) !== 0) return { address: text, port: 53 }
  const [, six, four, digits] = /^(?:\[([^\]]+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const address = six ?? four ?? ''
  const port = digits === undefined ? 53 : Number(digits)
  return isIP(address) === 0 || port < 1 || port > 65_535 ? null : { address, port }
}

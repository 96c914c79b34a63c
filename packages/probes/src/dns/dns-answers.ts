import type { promises } from 'node:dns'
import { isIP } from 'node:net'
import { faultCode } from '../socket/socket-fault.ts'
import type { DnsRecordType } from './dns-options.ts'

/** What a name resolves to. */
export interface DnsAnswers {
  /** One text a record, as `expect` has them. */
  readonly records: readonly string[]
  /** The lowest time to live, s, which is known of A and AAAA alone. */
  readonly ttlS: number | undefined
}

type Resolver = InstanceType<typeof promises.Resolver>

/** Asks; a name that does not exist, or has no such record, rejects with `ENOTFOUND` or `ENODATA`. */
export const askResolver = async (
  resolver: Resolver,
  { name, type }: { readonly name: string; readonly type: DnsRecordType },
): Promise<DnsAnswers> => {
  switch (type) {
    case 'A':
      return withTtl(await resolver.resolve4(name, { ttl: true }))
    case 'AAAA':
      return withTtl(await resolver.resolve6(name, { ttl: true }))
    case 'MX':
      return plain((await resolver.resolveMx(name)).map(({ priority, exchange }) => `${priority} ${toName(exchange)}`))
    case 'SRV':
      return plain(
        (await resolver.resolveSrv(name)).map(
          ({ priority, weight, port, name: host }) => `${priority} ${weight} ${port} ${toName(host)}`,
        ),
      )
    case 'TXT':
      return plain((await resolver.resolveTxt(name)).map((parts) => parts.join('')))
    case 'CAA':
      return plain(
        (await resolver.resolveCaa(name)).map(
          ({ critical, ...rest }) =>
            `${critical} ${Object.entries(rest)
              .filter(([tag]) => tag !== 'type')
              .flat()
              .join(' ')}`,
        ),
      )
    case 'SOA': {
      const { nsname, hostmaster, serial, refresh, retry, expire, minttl } = await resolver.resolveSoa(name)
      return plain([`${toName(nsname)} ${toName(hostmaster)} ${serial} ${refresh} ${retry} ${expire} ${minttl}`])
    }
    case 'PTR':
      return plain((isIP(name) === 0 ? await resolver.resolvePtr(name) : await resolver.reverse(name)).map(toName))
    case 'NS':
      return plain((await resolver.resolveNs(name)).map(toName))
    case 'CNAME':
      return plain((await resolver.resolveCname(name)).map(toName))
  }
}

/** Does the rejection say that there is nothing of the kind, rather than that nobody answered? */
export const isNoAnswer = (thrown: unknown): boolean => {
  const code = faultCode(thrown)
  return code === 'ENOTFOUND' || code === 'ENODATA'
}

/** A record as it is compared: names in lower case and without their last dot; a TXT text is left as it is. */
export const toComparable = (record: string, type: DnsRecordType): string => {
  if (type === 'TXT' || type === 'CAA') return record
  const text = toName(record.trim())
  return type === 'AAAA' && isIP(text) === 6 ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text
}

const plain = (records: readonly string[]): DnsAnswers => ({ records, ttlS: undefined })

const withTtl = (records: readonly { readonly address: string; readonly ttl: number }[]): DnsAnswers => ({
  records: records.map(({ address }) => address),
  ttlS: records.length === 0 ? undefined : Math.min(...records.map(({ ttl }) => ttl)),
})

const toName = (name: string): string => name.toLowerCase().replace(/\.$/, '')

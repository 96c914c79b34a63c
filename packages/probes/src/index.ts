export {
  type AddressGuard,
  type AddressGuardOptions,
  createAddressGuard,
  type GuardOption,
  type Lookup,
} from './address-guard/address-guard.ts'
export { type DnsProbeOptions, type DnsRecordType, parseDnsProbeOptions } from './dns/dns-options.ts'
export { dnsProbe, dnsProbeKind } from './dns/dns-probe.ts'
export type { BodyExpectation } from './expectations/body-expectation.ts'
export type { JsonRule } from './expectations/json-rule.ts'
export type { TextExpectation } from './expectations/text-expectation.ts'
export { type HostFigures, type HostProbeOptions, type HostProbeResources, hostProbe, hostProbeKind } from './host/host-probe.ts'
export { type HttpMethod, type HttpProbeOptions, type HttpTlsOptions, parseHttpProbeOptions } from './http/http-options.ts'
export { type HttpProbeResources, httpProbe, httpProbeKind } from './http/http-probe.ts'
export { type MongodbProbeOptions, mongodbProbe, mongodbProbeKind, parseMongodbProbeOptions } from './mongodb/mongodb-probe.ts'
export {
  type PostgresProbeOptions,
  parsePostgresProbeOptions,
  postgresProbe,
  postgresProbeKind,
} from './postgres/postgres-probe.ts'
export { probeKinds } from './probe-kinds.ts'
export type { TlsTrustOptions } from './probe-options.ts'
export type { ProbeResources } from './probe-resources.ts'
export { type ProcessProbeOptions, processProbe, processProbeKind } from './process/process-probe.ts'
export { parseRedisProbeOptions, type RedisProbeOptions, redisProbe, redisProbeKind } from './redis/redis-probe.ts'
export { parseTcpProbeOptions, type TcpProbeOptions } from './tcp/tcp-options.ts'
export { tcpProbe, tcpProbeKind } from './tcp/tcp-probe.ts'
export { parseTlsProbeOptions, type TlsProbeOptions } from './tls/tls-options.ts'
export { tlsProbe, tlsProbeKind } from './tls/tls-probe.ts'

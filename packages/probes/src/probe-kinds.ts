import type { ProbeKind } from '@sightline/core'
import { toAddressGuard } from './address-guard/address-guard.ts'
import { dnsProbeKind } from './dns/dns-probe.ts'
import { hostProbeKind } from './host/host-probe.ts'
import { httpProbeKind } from './http/http-probe.ts'
import { mongodbProbeKind } from './mongodb/mongodb-probe.ts'
import { postgresProbeKind } from './postgres/postgres-probe.ts'
import type { ProbeResources } from './probe-resources.ts'
import { processProbeKind } from './process/process-probe.ts'
import { redisProbeKind } from './redis/redis-probe.ts'
import { tcpProbeKind } from './tcp/tcp-probe.ts'
import { tlsProbeKind } from './tls/tls-probe.ts'

/**
 * Every way to check a service, by its `kind`: `http`, `tcp`, `dns`, `tls`, `postgres`, `mongodb`, `redis`, `process`, `host`. With
 * `guard: {}` those that connect refuse addresses that are not on the public Internet; without it they connect to anything, as is
 * right for targets that the operator wrote down, and wrong for those that users enter.
 *
 * @throws SightlineError `INVALID_CONFIG` where `guard.allow` has an entry that is no network.
 * @example
 * const entered = probeKinds({ guard: { allow: ['10.20.0.0/16'] } })
 * const tcp = entered.find(({ kind }) => kind === 'tcp')
 */
export const probeKinds = (resources: ProbeResources = {}): readonly ProbeKind<unknown>[] => {
  // Made once: they all share it.
  const shared: ProbeResources = { ...resources, guard: toAddressGuard(resources.guard) ?? false }
  return [
    httpProbeKind(shared),
    tcpProbeKind(shared),
    dnsProbeKind(shared),
    tlsProbeKind(shared),
    postgresProbeKind(shared),
    mongodbProbeKind(shared),
    redisProbeKind(shared),
    processProbeKind(resources),
    hostProbeKind(resources),
  ] as readonly ProbeKind<unknown>[]
}

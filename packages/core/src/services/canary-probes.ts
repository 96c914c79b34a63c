import { SightlineError } from '../errors.ts'
import type { CanaryOptions } from '../monitoring-options.ts'
import type { Probe, ProbeKind } from '../ports/probe.ts'

/** A connection that is open already would answer for a network that lets no new one through. */
const request = { method: 'HEAD', expectedStatus: [[200, 599]], maxRedirects: 0, connection: 'fresh' }

/** The probes of a canary. Throws `INVALID_CONFIG` where nothing here asks by HTTP. */
export const canaryProbes = (
  { urls = [], probes = [] }: Pick<CanaryOptions, 'urls' | 'probes'>,
  kinds: ReadonlyMap<string, ProbeKind<unknown>>,
): readonly Probe[] => {
  const http = kinds.get('http')
  if (urls.length > 0 && http === undefined) {
    throw new SightlineError(
      'INVALID_CONFIG',
      'canary.urls need the probe kind http: npm i @sightline/probes, pass httpProbeKind() in `probes`, or use canary.probes.',
    )
  }
  return [...urls.flatMap((url) => (http === undefined ? [] : [http.open(http.parse({ ...request, url }))])), ...probes]
}

import type { ServiceDetail, ServiceRegionView } from '@sightline/core/protocol'
import { formatLatency } from '../format/duration.ts'
import { ServiceBadge } from '../services/service-sign.tsx'
import { Age } from '../ui/age.tsx'
import { formatValue, sortValueNames, valueName } from './value-name.ts'

/** How it is seen from each region, with the last numbers of each. */
export const ServiceRegions = ({ detail }: { readonly detail: ServiceDetail }) => (
  <section aria-labelledby="regions-title" className="panel">
    <h2 id="regions-title" className="border-b border-line px-4 py-2.5 text-base font-semibold">
      Regions
    </h2>
    <ul>
      {detail.regions.map((region) => (
        <RegionLine
          key={region.region}
          region={region}
          values={detail.values[region.region] ?? {}}
          intervalMs={detail.service.intervalMs}
        />
      ))}
    </ul>
  </section>
)

interface RegionLineProps {
  readonly region: ServiceRegionView
  readonly values: Readonly<Record<string, number>>
  readonly intervalMs: number
}

const RegionLine = ({ region: { region, status, since, checkedAt, latencyMs, reason }, values, intervalMs }: RegionLineProps) => (
  <li data-region={region} data-status={status} className="border-b border-line px-4 py-2.5 last:border-0">
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <h3 className="font-semibold">{region}</h3>
      <ServiceBadge status={status} />
      {since === null ? null : (
        <span className="text-xs text-muted">
          for <Age at={since} />
        </span>
      )}
      <span className="ml-auto text-xs text-muted">
        {latencyMs === null ? '' : `${formatLatency(latencyMs)}, `}checked{' '}
        {status === 'paused' ? <Age at={checkedAt} style="ago" /> : <Age at={checkedAt} intervalMs={intervalMs} style="ago" />}
      </span>
    </div>
    {reason === null ? null : (
      <p className="mt-1 break-words text-fail">
        <bdi>{reason}</bdi>
      </p>
    )}
    {Object.keys(values).length === 0 ? null : (
      <dl className="mt-1.5 flex flex-wrap gap-x-5 gap-y-1">
        {sortValueNames(Object.keys(values)).map((name) => (
          <div key={name} className="flex items-baseline gap-1.5">
            <dt className="text-xs text-faint">{valueName(name)}</dt>
            <dd className="font-medium">{formatValue(name, values[name] ?? 0)}</dd>
          </div>
        ))}
      </dl>
    )}
  </li>
)

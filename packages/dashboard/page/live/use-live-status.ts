import type { MetricsSnapshot, RegionStatus } from '@sightline/core/protocol'
import { useTopic } from './app.ts'

type Seen = Pick<MetricsSnapshot, 'revision' | 'updatedAt'>

const toSeen = ({ revision, updatedAt }: MetricsSnapshot): Seen => ({ revision, updatedAt })

/** A status with what the document itself tells, which comes at once, and status only with the next heartbeat. */
export const withDocument = (status: RegionStatus, seen: Seen | undefined): RegionStatus =>
  seen === undefined || seen.updatedAt < (status.changedAt ?? 0)
    ? status
    : {
        ...status,
        revision: seen.revision,
        changedAt: seen.updatedAt,
        checkedAt: Math.max(status.checkedAt ?? 0, seen.updatedAt),
      }

/** For regions whose document is subscribed to anyway. */
export const useLiveStatus = (status: RegionStatus): RegionStatus =>
  withDocument(status, useTopic('metrics', { api: status.api, region: status.region }, { select: toSeen }).data)

import type { PollerStatus } from '@sightline/core/protocol'
import { useTopic } from './app.ts'
import type { TargetRef } from './target.ts'

/** How polling a target goes; undefined while that is not known, or not to be known. */
export const usePoller = ({ api, region }: TargetRef): PollerStatus | undefined =>
  useTopic('pollers', undefined, { select: (all) => all.find((item) => item.api === api && item.region === region) }).data

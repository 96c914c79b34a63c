import type { TargetState } from '@sightline/core/protocol'
import { useConnection } from './app.ts'

/** `unknown` while the server is away: what was is no news of what is. */
export type ShownState = TargetState | 'unknown'

export const useIsConnected = (): boolean => useConnection().status === 'connected'

export const useShownState = (state: TargetState): ShownState => (useIsConnected() ? state : 'unknown')

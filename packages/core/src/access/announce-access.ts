import type { Logger } from '../ports/logger.ts'
import type { Authority } from './authority.ts'

/** Says at the start who may do what, where that is everything or nothing. */
export const announceAccess = (access: Authority['policy'], logger: Pick<Logger, 'warn'>): void => {
  if (access === 'allow-all') logger.warn({ access }, 'Access is open: everybody who can reach this may do everything.')
  if (access === 'deny-all') logger.warn({ access }, 'No access policy is configured: nobody may see anything.')
}

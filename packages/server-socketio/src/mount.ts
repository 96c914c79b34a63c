import { SightlineError } from '@sightline/core'

/** Where a server stands: below a path of somebody else's, or alone. */
export interface Mount {
  /** `/sightline`, or empty where it stands alone. */
  readonly base: string
  /** What is left of a URL below the base, with its query; null where it is none of ours. */
  within(url: string | undefined): string | null
}

const PATH = /^(\/[\w.~-]+)+$/

/** @throws SightlineError `INVALID_CONFIG` for a path that is none, such as one without a slash in front */
export const createMount = (path: string | undefined): Mount => {
  const base = path === undefined || path === '/' ? '' : path.replace(/\/$/, '')
  if (base !== '' && !PATH.test(base)) {
    const message = `${JSON.stringify(path)} is no path such as /sightline`
    throw new SightlineError('INVALID_CONFIG', `path: ${message}.`, { fields: [{ path: 'path', message }] })
  }
  return {
    base,
    within: (url = '/') => {
      if (!url.startsWith(base)) return null
      const rest = url.slice(base.length)
      if (rest === '') return '/'
      if (rest.startsWith('/')) return rest
      return rest.startsWith('?') ? `/${rest}` : null
    },
  }
}

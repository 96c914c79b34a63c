import { SightlineError } from '@sightline/core'

/** An absolute `http:` or `https:` URL; anything else is `INVALID_CONFIG`. The message does not name it: it may hold a secret. */
export const checkedUrl = (who: string, url: string | URL): URL => {
  const parsed = URL.canParse(String(url)) ? new URL(url) : null
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new SightlineError('INVALID_CONFIG', `${who} needs an absolute http: or https: URL.`)
  }
  return parsed
}

import { SightlineError } from '@sightline/core'

/** As `Ops <ops@example.org>` or `ops@example.org`. */
export interface MailAddress {
  readonly email: string
  readonly name?: string
}

// Deliberately narrow: no quoting, no comments, one @.
const BARE = /^[^\s<>@"(),:;[\]\\]{1,64}@[^\s<>@"(),:;[\]\\]{1,253}$/

/** Throws `INVALID_CONFIG` for what is no address. */
export const parseAddress = (text: string): MailAddress => {
  const [, name, inside] = /^([^<>\r\n]*)<([^<>\r\n]+)>$/.exec(text.trim()) ?? []
  const email = (inside ?? text).trim()
  if (!BARE.test(email)) {
    throw new SightlineError('INVALID_CONFIG', 'A mail address is written as ops@example.org or Ops <ops@example.org>.')
  }
  const shown = name?.trim().replace(/^"(.*)"$/, '$1')
  return shown === undefined || shown === '' ? { email } : { email, name: shown }
}

import { type CommonOptions, SightlineError } from '@sightline/core'
import { z } from 'zod'

const Shown = z.object({ token: z.string() }) // what `createClient({ auth: async () => ({ token }) })` shows
const sessions = new Map([['t-ada', { id: 'ada', roles: ['metrics:view', 'pollers:view', 'system:view'], teams: [] }]])

export const access = {
  // `headers` and cookies come with every request, `auth` with the socket's handshake only.
  authenticate: async ({ headers, auth }) => {
    const shown = Shown.safeParse(auth)
    const token = shown.success ? shown.data.token : headers.authorization?.replace(/^Bearer /, '')
    if (token === undefined) return null // anonymous
    const principal = sessions.get(token)
    if (principal === undefined) throw new SightlineError('UNAUTHENTICATED', 'This token is not known.')
    return { ...principal, expiresAt: Date.now() + 3_600_000 }
  },
  // The default: a role named like the permission, or `*`. `allows` decides otherwise.
} satisfies CommonOptions['access']

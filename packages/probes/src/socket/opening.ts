/** What it took to open a connection, ms. No `dnsMs` where the host is an address, no `tlsMs` without TLS. */
export interface Opening {
  readonly dnsMs: number | undefined
  readonly connectMs: number
  readonly tlsMs: number | undefined
}

/** The phases that were gone through, by name. */
export const openingValues = ({ dnsMs, connectMs, tlsMs }: Opening): Record<string, number> => ({
  ...(dnsMs === undefined ? {} : { dnsMs: roundMs(dnsMs) }),
  connectMs: roundMs(connectMs),
  ...(tlsMs === undefined ? {} : { tlsMs: roundMs(tlsMs) }),
})

/** Whole microseconds: more digits are noise, and cost room in every stored point. */
export const roundMs = (durationMs: number): number => Math.round(durationMs * 1000) / 1000

const dayMs = 86_400_000

/** From `now` to a certificate's end, to a hundredth of a day; negative once it is over. */
export const daysUntil = (endsAt: number, now: number): number => Math.floor(((endsAt - now) / dayMs) * 100) / 100

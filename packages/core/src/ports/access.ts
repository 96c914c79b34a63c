/** Who is asking. `expiresAt` is ms since the Unix epoch; a session ends then. */
export interface Principal {
  readonly id: string
  readonly roles: readonly string[]
  /** Teams whose records this principal may see; the first is the one a session starts in. */
  readonly teams: readonly string[]
  readonly expiresAt?: number
}

/** What a client showed at its door. `headers` are lower case; `auth` is what Socket.IO's handshake carried. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>
  readonly auth: unknown
  readonly address: string
}

/** One question to the access port. `principal` null is anonymous. */
export interface AccessRequest {
  readonly principal: Principal | null
  /** `<noun>:<verb>`: `metrics:view`, `targets:manage`, … */
  readonly permission: string
  readonly team: string
}

/** Who may do what. Asked for every operation and every topic, on every transport; nothing else reaches data. */
export interface Access {
  /** As shown in `/info` and in the log: `allow-all`, `deny-all`, `custom`, … */
  readonly policy: string
  /** null is anonymous. A rejection refuses the connection with `UNAUTHENTICATED`. */
  authenticate(credentials: Credentials): Promise<Principal | null>
  /** A rejection reads as no. */
  allows(request: AccessRequest): boolean | Promise<boolean>
}

import { type ErrorCode, SightlineError } from '@sightline/core'
import { createTransport } from 'nodemailer'
import type { MailSender } from './mail-sender.ts'
import { abortedError, reasonOf } from './post-json.ts'

/** A mail server. */
export interface SmtpOptions {
  readonly host: string
  /** @default 465 where `secure`, else 587 */
  readonly port?: number
  /** TLS from the first byte. Otherwise the connection is encrypted where the server offers it. @default false */
  readonly secure?: boolean
  /** Refuse to go on unencrypted where the server offers no TLS. @default true with `auth` */
  readonly requireTls?: boolean
  readonly auth?: { readonly user: string; readonly pass: string }
  /** Node's options of TLS: `ca`, `servername`, `rejectUnauthorized`. */
  readonly tls?: { readonly ca?: string; readonly servername?: string; readonly rejectUnauthorized?: boolean }
}

/** Sends over SMTP, one connection a mail. A repeat has the same `Message-ID`, by which mail servers and readers know it. */
export const smtpSender = ({
  host,
  secure = false,
  port = secure ? 465 : 587,
  auth,
  requireTls = auth !== undefined,
  tls,
}: SmtpOptions): MailSender => {
  const transport = createTransport({
    host,
    port,
    secure,
    requireTLS: requireTls && !secure,
    ...(auth === undefined ? {} : { auth: { ...auth } }),
    ...(tls === undefined ? {} : { tls: { ...tls } }),
    // A mail is made of texts alone.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return async ({ from, to, subject, text, html, key }, signal) => {
    try {
      const { messageId } = await transport.sendMail({
        from: { address: from.email, name: from.name ?? '' },
        to: to.map(({ email, name = '' }) => ({ address: email, name })),
        subject,
        text,
        html,
        messageId: `<${key}@sightline.invalid>`,
        headers: { 'X-Sightline-Key': key, 'Auto-Submitted': 'auto-generated' },
        signal,
      })
      return messageId
    } catch (thrown) {
      if (signal.aborted) throw abortedError('The mail server', signal)
      throw toSmtpError(thrown)
    }
  }
}

/** What the server said may hold an address or a name: its number is enough. */
const toSmtpError = (thrown: unknown): SightlineError => {
  const status = thrown instanceof Error && 'responseCode' in thrown ? Number(thrown.responseCode) : Number.NaN
  if (Number.isInteger(status) && status >= 400) {
    return new SightlineError(codeOf(status), `The mail server answered ${status}.`)
  }
  return new SightlineError('UNAVAILABLE', `The mail server could not be used${reasonOf(thrown)}.`)
}

/** https://www.rfc-editor.org/rfc/rfc5321#section-4.2: 4xx is for now, 5xx for good. */
const codeOf = (status: number): ErrorCode => {
  if (status < 500) return 'UNAVAILABLE'
  if (status === 530 || status === 534 || status === 535 || status === 538) return 'UNAUTHENTICATED'
  return status === 552 ? 'TOO_LARGE' : 'FORBIDDEN'
}

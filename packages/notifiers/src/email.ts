import { SightlineError } from '@sightline/core'
import type { Notifier } from '@sightline/core/ports'
import { boundedNotification } from './bounded-notification.ts'
import { htmlOf, subjectOf } from './email-text.ts'
import { parseAddress } from './mail-address.ts'
import type { MailSender } from './mail-sender.ts'
import { type MailServiceOptions, resendSender, sendgridSender } from './mail-service.ts'
import { plainText } from './plain-text.ts'
import { type SmtpOptions, smtpSender } from './smtp-sender.ts'

/** Where mails go, from whom, and by which one of the three ways. */
export type EmailOptions = {
  /** `Sightline <alerts@example.org>` */
  readonly from: string
  /** One address or several, at most 50. */
  readonly to: string | readonly string[]
  /** Between two mails, ms. @default 0 */
  readonly paceMs?: number
} & (
  | { readonly smtp: SmtpOptions; readonly resend?: never; readonly sendgrid?: never }
  | { readonly resend: MailServiceOptions; readonly smtp?: never; readonly sendgrid?: never }
  | { readonly sendgrid: MailServiceOptions; readonly smtp?: never; readonly resend?: never }
)

const MOST_RECIPIENTS = 50

/**
 * Sends mails over SMTP, or through Resend or SendGrid; as plain text and HTML, with every text escaped. Throws `INVALID_CONFIG` for what is
 * no address or URL.
 *
 * @example
 * email({ smtp: { host: 'smtp.example.org', auth: { user, pass } }, from: 'Sightline <alerts@example.org>', to: 'ops@example.org' })
 */
export const email = (options: EmailOptions): Notifier => {
  const { from, to, paceMs = 0 } = options
  const sender = parseAddress(from)
  const recipients = (typeof to === 'string' ? [to] : to).map(parseAddress)
  if (recipients.length === 0 || recipients.length > MOST_RECIPIENTS) {
    throw new SightlineError('INVALID_CONFIG', `A mail has 1 to ${MOST_RECIPIENTS} recipients.`)
  }
  const send = senderOf(options)
  return {
    name: 'email',
    paceMs,
    send: async (notification, { signal, idempotencyKey }) => {
      const bounded = boundedNotification(notification)
      const receipt = await send(
        {
          from: sender,
          to: recipients,
          subject: subjectOf(bounded),
          text: plainText(bounded),
          html: htmlOf(bounded),
          key: idempotencyKey,
        },
        signal,
      )
      return receipt === undefined ? {} : { receipt }
    },
  }
}

const senderOf = ({ smtp, resend, sendgrid }: EmailOptions): MailSender => {
  if (smtp !== undefined) return smtpSender(smtp)
  if (resend !== undefined) return resendSender(resend)
  if (sendgrid !== undefined) return sendgridSender(sendgrid)
  throw new SightlineError('INVALID_CONFIG', 'A mail is sent by smtp, resend or sendgrid.')
}

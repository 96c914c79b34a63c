import { checkedUrl } from './checked-url.ts'
import type { MailAddress } from './mail-address.ts'
import type { MailSender } from './mail-sender.ts'
import { postJson } from './post-json.ts'

/** A mail service that is asked over HTTP. */
export interface MailServiceOptions {
  /** A secret. */
  readonly apiKey: string
  /** In place of the service's own endpoint. */
  readonly url?: string
}

const spell = ({ email, name }: MailAddress): string => (name === undefined ? email : `${name} <${email}>`)

/** Resend tells a repeat by its idempotency key. Source: https://resend.com/docs/api-reference/emails/send-email */
export const resendSender = ({ apiKey, url = 'https://api.resend.com/emails' }: MailServiceOptions): MailSender => {
  const target = checkedUrl('Resend', url)
  return async ({ from, to, subject, text, html, key }, signal) => {
    const answer = await postJson({
      who: 'Resend',
      url: target,
      headers: { authorization: `Bearer ${apiKey}`, 'idempotency-key': key },
      body: JSON.stringify({
        from: spell(from),
        to: to.map(spell),
        subject,
        text,
        html,
        headers: { 'X-Sightline-Key': key, 'Auto-Submitted': 'auto-generated' },
      }),
      signal,
    })
    return /"id"\s*:\s*"([\w-]{1,100})"/.exec(answer.text)?.[1]
  }
}

/**
 * SendGrid knows no repeats: the key goes along as an argument and a header.
 * Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
 */
export const sendgridSender = ({ apiKey, url = 'https://api.sendgrid.com/v3/mail/send' }: MailServiceOptions): MailSender => {
  const target = checkedUrl('SendGrid', url)
  return async ({ from, to, subject, text, html, key }, signal) => {
    const answer = await postJson({
      who: 'SendGrid',
      url: target,
      headers: { authorization: `Bearer ${apiKey}`, 'idempotency-key': key },
      body: JSON.stringify({
        personalizations: [{ to }],
        from,
        subject,
        content: [
          { type: 'text/plain', value: text },
          { type: 'text/html', value: html },
        ],
        headers: { 'X-Sightline-Key': key, 'Auto-Submitted': 'auto-generated' },
        custom_args: { sightline_key: key },
      }),
      signal,
    })
    return answer.headers.get('x-message-id') ?? undefined
  }
}

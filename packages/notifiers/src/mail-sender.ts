import type { MailAddress } from './mail-address.ts'

/** One mail, as it leaves. */
interface Mail {
  readonly from: MailAddress
  readonly to: readonly MailAddress[]
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly key: string
}

/** Sends one mail; resolves with what the other side calls it. */
export type MailSender = (mail: Mail, signal: AbortSignal) => Promise<string | undefined>

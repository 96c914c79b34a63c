import { CircleAlert, Inbox, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

interface NoticeProps {
  readonly icon?: LucideIcon
  readonly title: string
  readonly children?: ReactNode
  readonly action?: ReactNode
}

const Notice = ({ icon: Icon = Inbox, title, children, action }: NoticeProps) => (
  <div className="flex flex-col items-center gap-1 px-6 py-10 text-center">
    <Icon aria-hidden className="mb-1 size-5 text-faint" />
    <p className="font-medium text-text">{title}</p>
    {children ? <div className="max-w-prose text-muted text-pretty">{children}</div> : null}
    {action ? <div className="mt-3">{action}</div> : null}
  </div>
)

/** Nothing to show, and why. */
export const Empty = (props: NoticeProps) => <Notice {...props} />

/** Something went wrong: what, and what to do. */
export const Failure = (props: NoticeProps) => (
  <div role="alert">
    <Notice icon={CircleAlert} {...props} />
  </div>
)

import { type ReactNode, useState } from 'react'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

interface ConfirmButtonProps {
  readonly label: string
  readonly icon?: ReactNode
  /** What is asked. */
  readonly title: string
  readonly children: ReactNode
  readonly isPending: boolean
  readonly error: string | null
  /** Rejects where it failed; the question then stays. */
  readonly onConfirm: () => Promise<unknown>
}

/** A button that asks before it does what cannot be undone. */
export const ConfirmButton = ({ label, icon, title, children, isPending, error, onConfirm }: ConfirmButtonProps) => {
  const [isOpen, setIsOpen] = useState(false)
  const confirm = () =>
    void onConfirm().then(
      () => setIsOpen(false),
      () => {},
    )
  return (
    <>
      <Button icon={icon} onClick={() => setIsOpen(true)}>
        {label}
      </Button>
      <Dialog title={title} isOpen={isOpen} onClose={() => setIsOpen(false)}>
        <div className="text-muted text-pretty">{children}</div>
        {error === null ? null : (
          <p role="alert" className="mt-3 text-fail">
            {error}
          </p>
        )}
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={() => setIsOpen(false)}>Cancel</Button>
          <Button tone="danger" isPending={isPending} onClick={confirm}>
            {label}
          </Button>
        </div>
      </Dialog>
    </>
  )
}

import { Menu } from '@base-ui/react/menu'
import type { ServiceView } from '@sightline/core/protocol'
import { CirclePause, CirclePlay, type LucideIcon, Pencil, RefreshCw, X } from 'lucide-react'
import { type Ref, useRef, useState } from 'react'
import { useMutation } from '../live/app.ts'
import { popupClass } from '../ui/popup.ts'

/** Which service's menu is asked for, and where it is to open. */
export interface MenuRequest {
  readonly name: string
  readonly button: HTMLButtonElement
  /** Then the first item has the focus. */
  readonly isByKeyboard: boolean
}

interface ServiceMenuProps {
  readonly request: MenuRequest
  readonly isOpen: boolean
  /** undefined: it is gone meanwhile. */
  readonly service: ServiceView | undefined
  readonly onClose: () => void
  readonly onEdit: (name: string) => void
}

/** What can be done about a service without opening it; what is refused is said above the table. */
export const ServiceMenu = ({ request: { button, isByKeyboard }, isOpen, service, onClose, onEdit }: ServiceMenuProps) => {
  const first = useRef<HTMLDivElement>(null)
  const [refused, setRefused] = useState<string | null>(null)
  const title = service?.title ?? ''
  const told = {
    onSuccess: () => setRefused(null),
    onError: ({ message }: { readonly message: string }, { name }: { readonly name: string }) =>
      setRefused(`${name}: ${message}`),
  }
  const setEnabled = useMutation('services.setEnabled', told)
  const checkNow = useMutation('services.checkNow', told)
  return (
    <>
      {refused === null ? null : (
        <div className="flex items-start gap-2 border-b border-line bg-fail-soft py-1.5 pr-2 pl-4 text-fail">
          <p role="alert" className="min-w-0 flex-1 py-1.5 wrap-anywhere">
            {refused}
          </p>
          <button
            type="button"
            aria-label="Dismiss"
            className="flex size-8 shrink-0 items-center justify-center rounded-md hover:bg-hover"
            onClick={() => setRefused(null)}
          >
            <X aria-hidden className="size-4" />
          </button>
        </div>
      )}
      <Menu.Root open={isOpen && service !== undefined} onOpenChange={(open) => (open ? undefined : onClose())}>
        <Menu.Portal>
          <Menu.Positioner anchor={button} sideOffset={4} align="end" className="z-50">
            <Menu.Popup
              aria-label={`Actions for ${title}`}
              // From the button: a key goes on to the first item, a pointer has yet to point at one.
              onFocus={({ relatedTarget }) => (isByKeyboard && relatedTarget === button ? first.current?.focus() : undefined)}
              finalFocus={() => (button.isConnected ? button : document.getElementById('main'))}
              className={`${popupClass} w-48 p-1`}
            >
              {service === undefined ? null : (
                <Items
                  service={service}
                  first={first}
                  onCheck={() => checkNow.mutate({ name: service.name })}
                  onToggle={() => setEnabled.mutate({ name: service.name, enabled: !service.enabled })}
                  onEdit={() => onEdit(service.name)}
                />
              )}
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </>
  )
}

interface ItemsProps {
  readonly service: ServiceView
  readonly first: Ref<HTMLDivElement>
  readonly onCheck: () => void
  readonly onToggle: () => void
  readonly onEdit: () => void
}

const Items = ({ service: { enabled, kind, origin }, first, onCheck, onToggle, onEdit }: ItemsProps) => {
  const isChecked = enabled && kind !== 'report' && kind !== 'heartbeat'
  return (
    <>
      {isChecked ? <Item ref={first} icon={RefreshCw} label="Check now" onPick={onCheck} /> : null}
      <Item
        ref={isChecked ? null : first}
        icon={enabled ? CirclePause : CirclePlay}
        label={enabled ? 'Pause' : 'Resume'}
        onPick={onToggle}
      />
      {origin === 'stored' ? (
        <Item icon={Pencil} label="Edit" onPick={onEdit} />
      ) : (
        <p className="px-2 py-1.5 text-xs text-faint">From the configuration; edited there.</p>
      )}
    </>
  )
}

interface ItemProps {
  readonly ref?: Ref<HTMLDivElement>
  readonly icon: LucideIcon
  readonly label: string
  readonly onPick: () => void
}

const Item = ({ ref, icon: Icon, label, onPick }: ItemProps) => (
  <Menu.Item
    ref={ref ?? null}
    onClick={onPick}
    className="flex h-8 cursor-default items-center gap-2 rounded-md px-2 outline-none data-highlighted:bg-hover"
  >
    <Icon aria-hidden className="size-4 text-faint" />
    {label}
  </Menu.Item>
)

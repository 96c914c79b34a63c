import { Menu } from '@base-ui/react/menu'
import type { ServiceView } from '@sightline/core/protocol'
import { CirclePause, CirclePlay, Ellipsis, type LucideIcon, Pencil, RefreshCw } from 'lucide-react'
import { useMutation } from '../live/app.ts'
import { popupClass } from '../ui/popup.ts'

interface ServiceMenuProps {
  readonly service: ServiceView
  readonly onEdit: (name: string) => void
}

/** What can be done about a service without opening it. */
export const ServiceMenu = ({ service: { name, title, enabled, origin, kind }, onEdit }: ServiceMenuProps) => {
  const setEnabled = useMutation('services.setEnabled')
  const checkNow = useMutation('services.checkNow')
  const error = setEnabled.error ?? checkNow.error
  const isChecked = enabled && kind !== 'report' && kind !== 'heartbeat'
  return (
    <Menu.Root>
      {error === null ? null : (
        <p role="alert" className="sr-only">
          {error.message}
        </p>
      )}
      <Menu.Trigger
        aria-label={`Actions for ${title}`}
        title={error?.message}
        className="flex size-8 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text data-popup-open:bg-hover"
      >
        <Ellipsis aria-hidden className="size-4" />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end" className="z-50">
          <Menu.Popup className={`${popupClass} w-48 p-1`}>
            {isChecked ? <Item icon={RefreshCw} label="Check now" onPick={() => checkNow.mutate({ name })} /> : null}
            <Item
              icon={enabled ? CirclePause : CirclePlay}
              label={enabled ? 'Pause' : 'Resume'}
              onPick={() => setEnabled.mutate({ name, enabled: !enabled })}
            />
            {origin === 'stored' ? (
              <Item icon={Pencil} label="Edit" onPick={() => onEdit(name)} />
            ) : (
              <p className="px-2 py-1.5 text-xs text-faint">From the configuration; edited there.</p>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}

const Item = ({ icon: Icon, label, onPick }: { icon: LucideIcon; label: string; onPick: () => void }) => (
  <Menu.Item
    onClick={onPick}
    className="flex h-8 cursor-default items-center gap-2 rounded-md px-2 outline-none data-highlighted:bg-hover"
  >
    <Icon aria-hidden className="size-4 text-faint" />
    {label}
  </Menu.Item>
)

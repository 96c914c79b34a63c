import { Popover } from '@base-ui/react/popover'
import { LockOpen } from 'lucide-react'
import { popupClass } from '../ui/popup.ts'
import { useInfo } from './use-info.ts'

/** Says so where everybody who reaches the server may do everything. */
export const AccessNotice = () => {
  const { data: info } = useInfo()
  if (info?.access !== 'allow-all') return null
  return (
    <Popover.Root>
      <Popover.Trigger className="flex h-7 items-center gap-1.5 rounded-full bg-late-soft px-2 text-xs font-semibold text-late sm:px-2.5">
        <LockOpen aria-hidden className="size-3.5" />
        <span>
          Open<span className="sr-only sm:not-sr-only"> access</span>
        </span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={8} align="end" className="z-50">
          <Popover.Popup className={`${popupClass} w-80 p-4`}>
            <Popover.Title className="text-base font-semibold">Everybody may do everything</Popover.Title>
            <Popover.Description className="mt-1 text-muted text-pretty">
              This server runs with the access policy <code className="font-mono text-text">allow-all</code>: whoever reaches it
              may read every region, change intervals and start polls. Fine on this machine alone; before others can reach it,
              pass your own <code className="font-mono text-text">access</code>.
            </Popover.Description>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}

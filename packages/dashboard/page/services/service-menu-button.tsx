import { Ellipsis } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { loadServiceMenu } from './load-service-menu.ts'
import type { MenuRequest } from './service-menu.tsx'

/** What fails here is asked for again, and told of, when the menu is opened. */
const preloadMenu = () => {
  loadServiceMenu().catch(() => {})
}

interface ServiceMenuButtonProps {
  readonly name: string
  readonly title: string
  readonly isOpen: boolean
  readonly onOpen: (request: MenuRequest) => void
  /** Its row goes while the menu is open. */
  readonly onGone: () => void
}

/** Opens the menu that all rows share: one for each would be most of the work of showing them. */
export const ServiceMenuButton = ({ name, title, isOpen, onOpen, onGone }: ServiceMenuButtonProps) => {
  const gone = useRef(onGone)
  useEffect(() => {
    gone.current = onGone
  })
  useEffect(() => () => gone.current(), [])
  return (
    <button
      type="button"
      aria-haspopup="menu"
      aria-expanded={isOpen}
      aria-label={`Actions for ${title}`}
      onPointerEnter={preloadMenu}
      onFocus={preloadMenu}
      // A key presses a button without a pointer.
      onClick={({ currentTarget, detail }) => onOpen({ name, button: currentTarget, isByKeyboard: detail === 0 })}
      onKeyDown={(event) => {
        if (event.key !== 'ArrowDown') return
        event.preventDefault()
        onOpen({ name, button: event.currentTarget, isByKeyboard: true })
      }}
      className="flex size-8 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text aria-expanded:bg-hover"
    >
      <Ellipsis aria-hidden className="size-4" />
    </button>
  )
}

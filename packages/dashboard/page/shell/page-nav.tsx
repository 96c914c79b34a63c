import type { Incident, ServiceView } from '@sightline/core/protocol'
import { Link } from '@tanstack/react-router'
import { Activity, Bell, HeartPulse, LayoutGrid, ScrollText, Siren } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useIncidents, useServices } from '../live/app.ts'

const pages = [
  { to: '/', label: 'Regions', icon: LayoutGrid, under: /^\/(regions\/.*)?$/ },
  { to: '/services', label: 'Services', icon: HeartPulse, under: /^\/services/ },
  { to: '/incidents', label: 'Incidents', icon: Siren, under: /^\/incidents/ },
  { to: '/logs', label: 'Logs', icon: ScrollText, under: /^\/logs/ },
  { to: '/alerts', label: 'Alerts', icon: Bell, under: /^\/alerts/ },
  { to: '/pollers', label: 'Pollers', icon: Activity, under: /^\/pollers/ },
] as const

const countDown = (services: readonly ServiceView[]): number => services.filter(({ status }) => status === 'down').length

const countActive = (incidents: readonly Incident[]): number => incidents.filter(({ status }) => status !== 'resolved').length

/** The pages, with how many of each need somebody. On a phone they have a line of their own. */
export const PageNav = ({ pathname }: { readonly pathname: string }) => {
  const { data: down = 0 } = useServices({ select: countDown })
  const { data: active = 0 } = useIncidents({ select: countActive })
  const counts: Partial<Record<string, { readonly count: number; readonly word: string }>> = {
    '/services': { count: down, word: 'down' },
    '/incidents': { count: active, word: 'active' },
  }
  const nav = useRef<HTMLElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page, another place in the line
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [pathname])
  return (
    <nav
      ref={nav}
      aria-label="Pages"
      className="order-last -mx-3 flex w-[calc(100%+1.5rem)] gap-0.5 overflow-x-auto px-3 pb-1.5 lg:order-none lg:mx-0 lg:w-auto lg:overflow-visible lg:p-0"
    >
      {pages.map(({ to, label, icon: Icon, under }) => {
        const { count = 0, word } = counts[to] ?? {}
        return (
          <Link
            key={to}
            to={to}
            aria-current={under.test(pathname) ? 'page' : undefined}
            className="flex h-8 shrink-0 items-center gap-1.5 rounded-md px-2 font-medium text-muted -outline-offset-2 hover:bg-hover hover:text-text aria-[current=page]:bg-hover aria-[current=page]:text-text sm:px-2.5"
          >
            <Icon aria-hidden className="hidden size-4 sm:block" />
            {label}
            {count > 0 ? (
              <span className="rounded-full bg-fail-soft px-1.5 text-2xs leading-4 font-semibold text-fail">
                {count}
                <span className="sr-only"> {word}</span>
              </span>
            ) : null}
          </Link>
        )
      })}
    </nav>
  )
}

import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef } from 'react'
import { ConnectionBanner, ConnectionStatus } from './connection-status.tsx'
import { PageNav } from './page-nav.tsx'
import { untilIdle } from './until-idle.ts'

// What opens above the page comes after the page itself.
const AccessNotice = lazy(async () => {
  await untilIdle()
  return { default: (await import('./access-notice.tsx')).AccessNotice }
})
const ColorModeMenu = lazy(async () => {
  await untilIdle()
  return { default: (await import('./color-mode-menu.tsx')).ColorModeMenu }
})

/** What surrounds every page. */
export const AppShell = () => {
  const isLoading = useRouterState({ select: ({ status }) => status === 'pending' })
  const pathname = useRouterState({ select: ({ location }) => location.pathname })
  const main = useFocusOnArrival(pathname)
  return (
    <>
      {/* biome-ignore lint/a11y/useValidAnchor: it goes to a place of this page, as an anchor does; `href` alone would go to the page's base */}
      <a
        href="#main"
        onClick={(event) => {
          event.preventDefault()
          main.current?.focus()
        }}
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 font-medium text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <header className="sticky top-0 z-40 border-b border-line bg-surface">
        <div className="flex min-h-13 flex-wrap items-center gap-x-1 gap-y-1.5 px-3 pt-2 lg:pt-0 sm:gap-x-2 sm:px-6">
          <Link to="/" className="flex items-center gap-2 rounded-md pr-1 text-base font-semibold tracking-tight sm:pr-3">
            <img src="mark.svg" alt="" width="24" height="24" />
            <span className="sr-only sm:not-sr-only">Sightline</span>
          </Link>
          <PageNav pathname={pathname} />
          <div className="ml-auto flex items-center gap-1.5 sm:gap-2">
            <Suspense>
              <AccessNotice />
            </Suspense>
            <ConnectionStatus />
            <Suspense fallback={<span className="size-8" />}>
              <ColorModeMenu />
            </Suspense>
          </div>
        </div>
        <ConnectionBanner />
        {isLoading ? <div aria-hidden className="absolute inset-x-0 bottom-0 h-0.5 animate-breathe bg-accent" /> : null}
      </header>
      <main ref={main} id="main" tabIndex={-1} className="mx-auto w-full max-w-[1680px] px-3 py-4 outline-none sm:px-6 sm:py-5">
        <Outlet />
      </main>
    </>
  )
}

/** Moves the focus into a page that was gone to, as a browser does: else the keyboard starts anew from where the last link was. */
const useFocusOnArrival = (pathname: string) => {
  const main = useRef<HTMLElement>(null)
  const last = useRef(pathname)
  useEffect(() => {
    if (last.current === pathname) return
    last.current = pathname
    main.current?.focus({ preventScroll: true })
  }, [pathname])
  return main
}

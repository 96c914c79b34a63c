import { createRootRoute, createRoute, createRouter, Link, lazyRouteComponent } from '@tanstack/react-router'
import { MapPinOff } from 'lucide-react'
import { server } from './live/server-address.ts'
import { parsePollerFilter } from './pollers/poller-filter.ts'
import { parseRegionView } from './region/region-view.ts'
import { parseRegionFilter } from './regions/region-filter.ts'
import { RegionsPage } from './regions/regions-page.tsx'
import { AppShell } from './shell/app-shell.tsx'
import { buttonClass } from './ui/button.tsx'
import { Empty, Failure } from './ui/notice.tsx'

const root = createRootRoute({
  component: AppShell,
  notFoundComponent: () => (
    <Empty
      icon={MapPinOff}
      title="There is no such page"
      action={
        <Link to="/" className={buttonClass()}>
          To the regions
        </Link>
      }
    />
  ),
  errorComponent: ({ error }) => (
    <Failure title="This page failed">{error instanceof Error ? error.message : String(error)}</Failure>
  ),
})

const regions = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: parseRegionFilter,
  component: RegionsPage,
})

const region = createRoute({
  getParentRoute: () => root,
  path: '/regions/$api/$region',
  validateSearch: parseRegionView,
  component: lazyRouteComponent(() => import('./region/region-page.tsx'), 'RegionPage'),
})

const pollers = createRoute({
  getParentRoute: () => root,
  path: '/pollers',
  validateSearch: parsePollerFilter,
  component: lazyRouteComponent(() => import('./pollers/pollers-page.tsx'), 'PollersPage'),
})

export const router = createRouter({
  routeTree: root.addChildren([regions, region, pollers]),
  basepath: server.basePath,
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

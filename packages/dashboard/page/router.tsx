import { createRootRoute, createRoute, createRouter, Link, lazyRouteComponent } from '@tanstack/react-router'
import { MapPinOff } from 'lucide-react'
import { parseAlertView } from './alerts/alert-view.ts'
import { parseIncidentFilter } from './incidents/incident-filter.ts'
import { server } from './live/server-address.ts'
import { parseLogView } from './logs/log-view.ts'
import { parsePollerFilter } from './pollers/poller-filter.ts'
import { parseRegionView } from './region/region-view.ts'
import { parseRegionFilter } from './regions/region-filter.ts'
import { RegionsPage } from './regions/regions-page.tsx'
import { parseServiceView } from './service/service-view.ts'
import { parseServiceFilter } from './services/service-filter.ts'
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

const services = createRoute({
  getParentRoute: () => root,
  path: '/services',
  validateSearch: parseServiceFilter,
  component: lazyRouteComponent(() => import('./services/services-page.tsx'), 'ServicesPage'),
})

const service = createRoute({
  getParentRoute: () => root,
  path: '/services/$name',
  validateSearch: parseServiceView,
  component: lazyRouteComponent(() => import('./service/service-page.tsx'), 'ServicePage'),
})

const incidents = createRoute({
  getParentRoute: () => root,
  path: '/incidents',
  validateSearch: parseIncidentFilter,
  component: lazyRouteComponent(() => import('./incidents/incidents-page.tsx'), 'IncidentsPage'),
})

const incident = createRoute({
  getParentRoute: () => root,
  path: '/incidents/$id',
  component: lazyRouteComponent(() => import('./incident/incident-page.tsx'), 'IncidentPage'),
})

const logs = createRoute({
  getParentRoute: () => root,
  path: '/logs',
  validateSearch: parseLogView,
  component: lazyRouteComponent(() => import('./logs/logs-page.tsx'), 'LogsPage'),
})

const alerts = createRoute({
  getParentRoute: () => root,
  path: '/alerts',
  validateSearch: parseAlertView,
  component: lazyRouteComponent(() => import('./alerts/alerts-page.tsx'), 'AlertsPage'),
})

export const router = createRouter({
  routeTree: root.addChildren([regions, region, pollers, services, service, incidents, incident, logs, alerts]),
  basepath: server.basePath,
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

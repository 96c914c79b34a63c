import { CSPProvider } from '@base-ui/react/csp-provider'
import { createClient } from '@sightline/client'
import { connectQueries } from '@sightline/react-hooks'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { type App, SightlineProvider } from './live/app.ts'
import { loadFirst } from './live/first-load.ts'
import { LiveProvider } from './live/live-context.tsx'
import { server } from './live/server-address.ts'
import { createServerClock } from './live/server-clock.ts'
import { createTrailStore } from './live/trail-store.ts'
import { router } from './router.tsx'
import './styles.css'

const client = createClient<App>({ url: server.url })
const queries = new QueryClient({ defaultOptions: { queries: { refetchOnWindowFocus: false, retry: 2 } } })
connectQueries(queries, client)
const clock = createServerClock({ url: server.pathOf('api/v1/health'), tickMs: 500 })
const trails = createTrailStore()

const container = document.getElementById('root')
if (container === null) throw new Error('index.html has no #root.')

// The page's own script comes meanwhile.
await Promise.allSettled([loadFirst(client, { pathOf: server.pathOf, patienceMs: 1_000 }), router.load()])

createRoot(container).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <SightlineProvider client={client}>
          <LiveProvider clock={clock} trails={trails}>
            <RouterProvider router={router} />
          </LiveProvider>
        </SightlineProvider>
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
)

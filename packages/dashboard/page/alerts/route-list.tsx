import type { Route } from '@sightline/core/protocol'
import { useQuery } from '@tanstack/react-query'
import { Route as RouteIcon } from 'lucide-react'
import { queryOptions } from '../live/app.ts'
import { Loading } from '../ui/loading.tsx'
import { Empty, Failure } from '../ui/notice.tsx'
import { routeConditions, routeTimes } from './route-words.ts'

/** Which incident goes where. */
export const RouteList = () => {
  const { data, error } = useQuery({ ...queryOptions('routes.list', {}), staleTime: 60_000 })
  if (data === undefined) {
    return error === null ? (
      <Loading what="routes" rows={3} />
    ) : (
      <Failure title="The routes cannot be shown">{error.message}</Failure>
    )
  }
  if (data.items.length === 0)
    return (
      <Empty icon={RouteIcon} title="There are no routes">
        No alert goes anywhere. Routes are set in the configuration: <code className="font-mono">routes</code>.
      </Empty>
    )
  return (
    <ol aria-label="Routes">
      {data.items.map((route, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: routes have no names, and their order is theirs
        <RouteLine key={i} route={route} place={i + 1} />
      ))}
    </ol>
  )
}

const RouteLine = ({ route, place }: { readonly route: Route; readonly place: number }) => (
  <li className="flex gap-3 border-b border-line px-4 py-2.5 last:border-0">
    <span className="w-5 text-faint">{place}</span>
    <div className="min-w-0">
      <p>
        <span className="text-muted">{routeConditions(route)} → </span>
        <span className="font-semibold">{route.channels.join(', ')}</span>
        {route.continues ? <span className="text-muted">, and on to the next</span> : null}
      </p>
      <ul className="text-xs text-faint">
        {routeTimes(route).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  </li>
)

import type { ServiceView } from '@sightline/core/protocol'
import { Link } from '@tanstack/react-router'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useLayoutEffect, useRef, useState } from 'react'
import { formatLatency } from '../format/duration.ts'
import { formatPlural } from '../format/number.ts'
import { Age } from '../ui/age.tsx'
import { cn } from '../ui/class-names.ts'
import { Texts } from '../ui/texts.tsx'
import { loadServiceMenu } from './load-service-menu.ts'
import { latencyOf, type ServiceSort } from './service-filter.ts'
import type { MenuRequest } from './service-menu.tsx'
import { ServiceMenuButton } from './service-menu-button.tsx'
import { ServiceBadge, ServiceIcon } from './service-sign.tsx'

const ServiceMenu = lazy(loadServiceMenu)

const rowHeight = 48

interface ServiceTableProps {
  readonly services: readonly ServiceView[]
  readonly sort: ServiceSort
  readonly onSort: (sort: ServiceSort) => void
  readonly onEdit: (name: string) => void
}

/** The services, a line each; only those near the window are there. */
export const ServiceTable = ({ services, sort, onSort, onEdit }: ServiceTableProps) => {
  const body = useRef<HTMLTableSectionElement>(null)
  const [top, setTop] = useState(0)
  // Whose menu is open, or was: it closes where it was.
  const [request, setRequest] = useState<MenuRequest | null>(null)
  const [isMenuOpen, setIsMenuOpen] = useState(false)
  const openMenu = (next: MenuRequest) => {
    setRequest(next)
    setIsMenuOpen(true)
  }
  const closeMenu = () => setIsMenuOpen(false)
  const opened = isMenuOpen ? request?.name : undefined
  useLayoutEffect(() => {
    if (body.current !== null) setTop(body.current.getBoundingClientRect().top + window.scrollY)
  }, [])
  const virtualizer = useWindowVirtualizer({
    count: services.length,
    estimateSize: () => rowHeight,
    overscan: 5,
    scrollMargin: top,
  })
  const rows = virtualizer.getVirtualItems()
  const above = (rows[0]?.start ?? top) - top
  const below = virtualizer.getTotalSize() - ((rows.at(-1)?.end ?? top) - top)
  return (
    <>
      <Suspense>
        {request === null ? null : (
          <ServiceMenu
            request={request}
            isOpen={isMenuOpen}
            service={services.find(({ name }) => name === request.name)}
            onClose={closeMenu}
            onEdit={onEdit}
          />
        )}
      </Suspense>
      <table aria-label="Services" aria-rowcount={services.length + 1} className="w-full table-fixed border-collapse text-left">
        <thead className="text-xs text-faint">
          <tr className="h-9 border-b border-line [&>*]:pl-4">
            <Header by="name" sort={sort} onSort={onSort} className="w-auto lg:w-72">
              Service
            </Header>
            <Header by="status" sort={sort} onSort={onSort} className="w-32">
              Status
            </Header>
            <Header by="since" sort={sort} onSort={onSort} className="hidden w-20 sm:table-cell">
              Since
            </Header>
            <th scope="col" className="hidden font-medium md:table-cell">
              Regions
            </th>
            <Header by="latency" sort={sort} onSort={onSort} className="hidden w-24 md:table-cell">
              Latency
            </Header>
            <th scope="col" className="w-13">
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody ref={body}>
          <Spacer height={above} />
          {rows.map(({ index }) => {
            const service = services[index]
            return service === undefined ? null : (
              <ServiceRow key={service.name} service={service} rowIndex={index + 2}>
                <ServiceMenuButton
                  name={service.name}
                  title={service.title}
                  isOpen={service.name === opened}
                  onOpen={openMenu}
                  onGone={() => (service.name === opened ? closeMenu() : undefined)}
                />
              </ServiceRow>
            )
          })}
          <Spacer height={below} />
        </tbody>
      </table>
    </>
  )
}

/** Stands for the rows that are out of sight. One cell: more would make columns where the screen has room for fewer. */
const Spacer = ({ height }: { readonly height: number }) =>
  height > 0 ? (
    <tr aria-hidden style={{ height }}>
      <td />
    </tr>
  ) : null

interface HeaderProps extends Pick<ServiceTableProps, 'sort' | 'onSort'> {
  readonly by: 'name' | 'status' | 'since' | 'latency'
  readonly className: string
  readonly children: ReactNode
}

const Header = ({ by, sort, onSort, className, children }: HeaderProps) => {
  const direction = sort === by ? 'ascending' : sort === `-${by}` ? 'descending' : 'none'
  // The most telling order first: names from A, the worst status, the newest change, the slowest.
  const isGreatestFirst = by === 'since' || by === 'latency'
  const first: ServiceSort = isGreatestFirst ? `-${by}` : by
  const second: ServiceSort = isGreatestFirst ? by : `-${by}`
  return (
    <th scope="col" aria-sort={direction} className={cn('font-medium', className)}>
      <button
        type="button"
        className="flex items-center gap-1 rounded-sm font-medium hover:text-text"
        onClick={() => onSort(sort === first ? second : first)}
      >
        {children}
        {direction === 'ascending' ? <ArrowUp aria-hidden className="size-3" /> : null}
        {direction === 'descending' ? <ArrowDown aria-hidden className="size-3" /> : null}
      </button>
    </th>
  )
}

const shownRegions = 8

interface ServiceRowProps {
  readonly service: ServiceView
  readonly rowIndex: number
  /** What opens its actions. */
  readonly children: ReactNode
}

const ServiceRow = ({ service, rowIndex, children }: ServiceRowProps) => {
  const { name, title, status, since, regions, openIncidents, tags } = service
  const latency = latencyOf(service)
  const reason = regions.find((each) => each.reason !== null)?.reason ?? null
  return (
    <tr
      aria-rowindex={rowIndex}
      data-service={name}
      data-status={status}
      className="h-12 border-b border-line last:border-0 hover:bg-hover [&>*]:pl-4"
    >
      <th scope="row" className="font-medium">
        <Link to="/services/$name" params={{ name }} className="block rounded-sm hover:text-accent">
          <bdi className="block truncate leading-4">{title}</bdi>{' '}
          <span className="block truncate text-2xs leading-4 font-normal text-faint">
            <Texts of={[name, ...tags]} />
          </span>
        </Link>
      </th>
      <td>
        <ServiceBadge status={status} />
        {openIncidents === 0 ? null : (
          <Link
            to="/incidents"
            search={{ service: name, status: 'active' }}
            className="mt-0.5 block w-fit rounded-sm text-2xs leading-4 text-fail underline"
          >
            {formatPlural(openIncidents, 'incident')}
          </Link>
        )}
      </td>
      <td className="hidden text-muted sm:table-cell">{since === null ? '—' : <Age at={since} />}</td>
      <td className="hidden md:table-cell">
        <ul className="flex items-center gap-2">
          {regions.slice(0, shownRegions).map((each) => (
            <li key={each.region} className="flex min-w-0 items-center gap-1 text-xs text-muted">
              <ServiceIcon status={each.status} of={each.region} className="size-3.5" />
              {regions.length <= 3 ? <span className="truncate">{each.region}</span> : null}
            </li>
          ))}
          {regions.length > shownRegions ? <li className="text-2xs text-faint">+{regions.length - shownRegions}</li> : null}
          {reason === null ? null : (
            <li className="min-w-0 truncate text-xs text-faint" title={reason}>
              <bdi>{reason}</bdi>
            </li>
          )}
        </ul>
      </td>
      <td className="hidden md:table-cell">{latency === null ? '—' : formatLatency(latency)}</td>
      <td className="pr-2">
        <div className="flex justify-end">{children}</div>
      </td>
    </tr>
  )
}

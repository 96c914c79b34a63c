import { getRouteApi, Link } from '@tanstack/react-router'
import { MapPinOff } from 'lucide-react'
import { statusSigns } from '../incidents/incident-sign.tsx'
import { useIncident } from '../live/app.ts'
import { useTitle } from '../shell/use-title.ts'
import { buttonClass } from '../ui/button.tsx'
import { Loading } from '../ui/loading.tsx'
import { Empty, Failure } from '../ui/notice.tsx'
import { CommentForm } from './comment-form.tsx'
import { IncidentFacts } from './incident-facts.tsx'
import { IncidentHeader } from './incident-header.tsx'
import { Timeline } from './timeline.tsx'

const route = getRouteApi('/incidents/$id')

/** One incident: what happened, what was said, and what to do next. */
export const IncidentPage = () => {
  const { id } = route.useParams()
  const { data: incident, error } = useIncident(id)
  useTitle(incident === undefined ? null : statusSigns[incident.status].label, incident?.title ?? 'Incident')
  if (incident === undefined) {
    if (error?.code === 'NOT_FOUND')
      return (
        <div className="panel">
          <Empty
            icon={MapPinOff}
            title="There is no such incident"
            action={
              <Link to="/incidents" className={buttonClass()}>
                To the incidents
              </Link>
            }
          />
        </div>
      )
    return error === null ? (
      <div className="panel">
        <Loading what="incident" />
      </div>
    ) : (
      <Failure title="This incident cannot be shown">{error.message}</Failure>
    )
  }
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="flex min-w-0 flex-col gap-4">
        <IncidentHeader incident={incident} />
        <section aria-labelledby="timeline-title" className="panel">
          <h2 id="timeline-title" className="border-b border-line px-4 py-2.5 text-base font-semibold">
            Timeline
          </h2>
          <Timeline incident={incident} />
          <CommentForm key={id} id={id} />
        </section>
      </div>
      <IncidentFacts incident={incident} />
    </div>
  )
}

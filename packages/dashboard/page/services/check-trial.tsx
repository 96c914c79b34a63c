import { CircleCheck, CircleX, FlaskConical } from 'lucide-react'
import { useState } from 'react'
import { formatLatency } from '../format/duration.ts'
import { formatNumber } from '../format/number.ts'
import { useMutation } from '../live/app.ts'
import { Button } from '../ui/button.tsx'
import { checkOf, type ServiceDraft } from './service-draft.ts'

/** Tries a check once, without storing anything. */
export const CheckTrial = ({ draft }: { readonly draft: ServiceDraft }) => {
  const trial = useMutation('services.test')
  const [fault, setFault] = useState<string | null>(null)
  const start = () => {
    const { check, faults } = checkOf(draft)
    const first = Object.values(faults)[0] ?? null
    setFault(first)
    if (first !== null || check === null) return
    const timeoutMs = Number(draft.timeoutSeconds) * 1_000
    trial.mutate({ check, ...(timeoutMs >= 100 ? { timeoutMs } : {}) })
  }
  const { data, error, status } = trial
  const trouble = fault ?? error?.fields?.map(({ path, message }) => `${path} ${message}`).join('; ') ?? error?.message
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <Button icon={<FlaskConical aria-hidden className="size-4 text-faint" />} isPending={trial.isPending} onClick={start}>
        Test the check
      </Button>
      <div role="status" className="min-w-0 flex-1 basis-60">
        {trouble ? (
          <p className="text-fail">{trouble}</p>
        ) : status === 'success' && data !== undefined ? (
          data.ok ? (
            <p className="flex items-center gap-1.5 text-up">
              <CircleCheck aria-hidden className="size-4 shrink-0" />
              <span>
                Up, {formatLatency(data.latencyMs)}
                <span className="text-muted">
                  {Object.entries(data.values)
                    .filter(([name]) => name !== 'latencyMs')
                    .slice(0, 4)
                    .map(([name, value]) => ` · ${name} ${formatNumber(value)}`)}
                </span>
              </span>
            </p>
          ) : (
            <p className="flex items-center gap-1.5 text-fail">
              <CircleX aria-hidden className="size-4 shrink-0" />
              {data.error ?? 'Down'}
            </p>
          )
        ) : null}
      </div>
    </div>
  )
}

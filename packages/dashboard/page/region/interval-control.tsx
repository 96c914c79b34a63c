import { Popover } from '@base-ui/react/popover'
import type { RegionStatus } from '@sightline/core/protocol'
import { Timer } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { formatInterval } from '../format/duration.ts'
import { useMutation } from '../live/app.ts'
import { Button, buttonClass } from '../ui/button.tsx'
import { cn } from '../ui/class-names.ts'
import { popupClass } from '../ui/popup.ts'

const presetsMs = [500, 1_000, 2_000, 5_000, 15_000, 30_000, 60_000, 300_000]
const units = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 } as const
const leastMs = 100
const mostMs = 86_400_000

type Unit = keyof typeof units

/** How often a region is polled, changed for good. */
export const IntervalControl = ({ api, region, intervalMs }: Pick<RegionStatus, 'api' | 'region' | 'intervalMs'>) => {
  const [isOpen, setIsOpen] = useState(false)
  const setInterval = useMutation('metrics.setInterval', { onSuccess: () => setIsOpen(false) })
  const save = (next: number) => setInterval.mutate({ api, region, intervalMs: next })
  return (
    <Popover.Root
      open={isOpen}
      onOpenChange={(open) => {
        setInterval.reset()
        setIsOpen(open)
      }}
    >
      <Popover.Trigger className={buttonClass()}>
        <Timer aria-hidden className="size-4 text-faint" />
        Every {formatInterval(intervalMs)}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="end" className="z-50">
          <Popover.Popup className={`${popupClass} w-72 p-4`}>
            <Popover.Title className="text-base font-semibold">Poll every</Popover.Title>
            <div className="mt-3 grid grid-cols-4 gap-1.5">
              {presetsMs.map((preset) => (
                <Button
                  key={preset}
                  className="px-0 aria-pressed:border-accent aria-pressed:text-accent"
                  aria-pressed={preset === intervalMs}
                  disabled={setInterval.isPending}
                  onClick={() => save(preset)}
                >
                  {formatInterval(preset)}
                </Button>
              ))}
            </div>
            <IntervalForm intervalMs={intervalMs} isPending={setInterval.isPending} onSave={save} />
            {setInterval.error ? (
              <p role="alert" className="mt-3 text-fail">
                {setInterval.error.message}
              </p>
            ) : null}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}

interface IntervalFormProps {
  readonly intervalMs: number
  readonly isPending: boolean
  readonly onSave: (intervalMs: number) => void
}

const toParts = (ms: number): { readonly amount: string; readonly unit: Unit } => {
  const unit = (['h', 'min', 's'] as const).find((name) => ms % units[name] === 0) ?? 'ms'
  return { amount: String(ms / units[unit]), unit }
}

const IntervalForm = ({ intervalMs, isPending, onSave }: IntervalFormProps) => {
  const [{ amount, unit }, setParts] = useState(() => toParts(intervalMs))
  const chosenMs = Math.round(Number(amount) * units[unit])
  const isValid = amount !== '' && chosenMs >= leastMs && chosenMs <= mostMs
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isValid) onSave(chosenMs)
  }
  return (
    <form className="mt-3" onSubmit={submit} noValidate>
      <div className="flex gap-1.5">
        <input
          type="number"
          inputMode="decimal"
          aria-label="Other interval"
          aria-invalid={!isValid}
          aria-describedby="interval-bounds"
          value={amount}
          onChange={(event) => setParts({ amount: event.target.value, unit })}
          className="h-8 min-w-0 flex-1 rounded-md border border-line bg-surface px-2"
        />
        <select
          aria-label="Unit"
          value={unit}
          onChange={(event) => setParts({ amount, unit: event.target.value as Unit })}
          className="h-8 rounded-md border border-line bg-surface px-1"
        >
          {Object.keys(units).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <Button type="submit" tone="primary" isPending={isPending} disabled={!isValid}>
          Set
        </Button>
      </div>
      <p id="interval-bounds" className={cn('mt-2 text-xs', isValid ? 'text-faint' : 'text-fail')}>
        From 100 ms to 24 h. It stays so after a restart.
      </p>
    </form>
  )
}

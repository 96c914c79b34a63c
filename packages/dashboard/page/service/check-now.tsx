import { RefreshCw } from 'lucide-react'
import { useEffect } from 'react'
import { useMutation } from '../live/app.ts'
import { serviceSigns } from '../services/service-sign.tsx'
import { Button } from '../ui/button.tsx'
import { cn } from '../ui/class-names.ts'

const shownMs = 6_000

/** Checks in every region without waiting for the turn, and says what came of it. */
export const CheckNow = ({ name }: { readonly name: string }) => {
  const check = useMutation('services.checkNow')
  const { data, error, status, reset } = check
  const isTold = status === 'success' || status === 'error'
  useEffect(() => {
    if (!isTold) return
    const timer = setTimeout(reset, shownMs)
    return () => clearTimeout(timer)
  }, [isTold, reset])
  return (
    <div className="flex min-w-0 items-center gap-2">
      <p
        role="status"
        title={error?.message}
        className={cn('min-w-0 truncate text-xs empty:-mr-2', error ? 'text-fail' : 'text-muted')}
      >
        {error ? error.message : status === 'success' && data ? `Checked: ${serviceSigns[data.status].label}` : ''}
      </p>
      <Button
        isPending={check.isPending}
        icon={<RefreshCw aria-hidden className="size-4 text-faint" />}
        onClick={() => check.mutate({ name })}
      >
        Check now
      </Button>
    </div>
  )
}

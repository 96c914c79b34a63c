import { Popover } from '@base-ui/react/popover'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Bookmark, Trash2 } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { queryOptions, useMutation } from '../live/app.ts'
import { Button, buttonClass } from '../ui/button.tsx'
import { inputClass } from '../ui/field.tsx'
import { popupClass } from '../ui/popup.ts'
import { filterOf, type LogView, viewOfFilter } from './log-view.ts'

/** Searches that are asked again: kept by name, without their time. */
export const SavedFilters = ({ view }: { readonly view: LogView }) => {
  const queries = useQueryClient()
  const options = queryOptions('logFilters.list', {})
  const { data, error } = useQuery(options)
  const reload = () => void queries.invalidateQueries({ queryKey: options.queryKey })
  const [isOpen, setIsOpen] = useState(false)
  const [name, setName] = useState('')
  const save = useMutation('logFilters.save', {
    onSuccess: () => {
      setName('')
      reload()
    },
  })
  const remove = useMutation('logFilters.delete', { onSuccess: reload })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim() !== '' && !save.isPending) save.mutate({ name: name.trim(), filter: filterOf(view) })
  }
  const trouble = error ?? save.error ?? remove.error
  const items = data?.items ?? []
  return (
    <Popover.Root open={isOpen} onOpenChange={setIsOpen}>
      <Popover.Trigger className={buttonClass()}>
        <Bookmark aria-hidden className="size-4 text-faint" />
        Saved
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="end" className="z-50">
          <Popover.Popup className={`${popupClass} w-80 max-w-[calc(100vw-1.5rem)] p-3`}>
            <Popover.Title className="text-base font-semibold">Saved searches</Popover.Title>
            {items.length === 0 ? (
              <p className="mt-2 text-muted">None yet.</p>
            ) : (
              <ul className="mt-2 max-h-72 overflow-auto">
                {items.map((item) => (
                  <li key={item.name} className="flex items-center gap-1">
                    <Link
                      to="/logs"
                      search={viewOfFilter(item.filter)}
                      onClick={() => setIsOpen(false)}
                      className="min-w-0 flex-1 truncate rounded-md px-2 py-1.5 -outline-offset-2 hover:bg-hover"
                    >
                      {item.name}
                    </Link>
                    <button
                      type="button"
                      aria-label={`Delete ${item.name}`}
                      className="flex size-8 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text"
                      onClick={() => remove.mutate({ name: item.name })}
                    >
                      <Trash2 aria-hidden className="size-4" />
                    </button>
                  </li>
                ))}
              </ul>
            )}
            <form onSubmit={submit} className="mt-3 flex gap-1.5 border-t border-line pt-3">
              <input
                aria-label="Name of this search"
                placeholder="Save this one as"
                className={inputClass}
                maxLength={100}
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
              <Button type="submit" isPending={save.isPending} disabled={name.trim() === ''}>
                Save
              </Button>
            </form>
            {trouble === null ? null : (
              <p role="alert" className="mt-2 text-fail">
                {trouble.message}
              </p>
            )}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}

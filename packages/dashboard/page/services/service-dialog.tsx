import type { Service } from '@sightline/core/protocol'
import { useState } from 'react'
import { useMutation, useService } from '../live/app.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Loading } from '../ui/loading.tsx'
import { Failure } from '../ui/notice.tsx'
import { changesOf, draftOf, emptyDraft, type Faults, faultsOf, type ServiceDraft, specOf } from './service-draft.ts'
import { ServiceForm } from './service-form.tsx'

interface ServiceDialogProps {
  /** null: a new one. */
  readonly name: string | null
  readonly onClose: () => void
}

/** A service is entered, or changed. */
export const ServiceDialog = ({ name, onClose }: ServiceDialogProps) => (
  <Dialog title={name === null ? 'Add service' : `Edit ${name}`} isOpen onClose={onClose}>
    {name === null ? <NewService onClose={onClose} /> : <EditedService name={name} onClose={onClose} />}
  </Dialog>
)

/** What is wrong by field, else as a whole. */
const toFaults = (error: { readonly message: string; readonly fields: Parameters<typeof faultsOf>[0] | undefined }): Faults =>
  error.fields === undefined || error.fields.length === 0 ? { '': error.message } : faultsOf(error.fields)

const NewService = ({ onClose }: { readonly onClose: () => void }) => {
  const [faults, setFaults] = useState<Faults>({})
  const create = useMutation('services.create', {
    onSuccess: onClose,
    onError: (error) => setFaults(toFaults(error)),
  })
  const save = (draft: ServiceDraft) => {
    const { spec, faults: found } = specOf(draft)
    setFaults(found)
    if (Object.keys(found).length === 0) create.mutate({ name: draft.name.trim(), ...spec })
  }
  return <ServiceForm initial={emptyDraft} isNew faults={faults} isSaving={create.isPending} onSave={save} />
}

const EditedService = ({ name, onClose }: { readonly name: string; readonly onClose: () => void }) => {
  const { data, error } = useService(name)
  // What is edited is what was there when the form was opened: the version tells the server so.
  const [opened, setOpened] = useState<Service | null>(null)
  if (opened === null && data !== undefined) setOpened(data.service)
  if (opened !== null) return <ServiceEditor service={opened} onClose={onClose} />
  return error === null ? <Loading what="service" rows={4} /> : <Failure title="It cannot be edited">{error.message}</Failure>
}

const ServiceEditor = ({ service, onClose }: { readonly service: Service; readonly onClose: () => void }) => {
  const [faults, setFaults] = useState<Faults>({})
  const update = useMutation('services.update', {
    onSuccess: onClose,
    onError: (error) =>
      setFaults(
        error.code === 'CONFLICT'
          ? { '': 'Somebody else has changed it meanwhile. Close this form and open it again to see the change.' }
          : toFaults(error),
      ),
  })
  const save = (draft: ServiceDraft) => {
    const { spec, faults: found } = specOf(draft)
    setFaults(found)
    if (Object.keys(found).length > 0) return
    const expected = service.version === undefined ? {} : { expected: service.version }
    update.mutate({ name: service.name, changes: changesOf(spec, service), ...expected })
  }
  return <ServiceForm initial={draftOf(service)} isNew={false} faults={faults} isSaving={update.isPending} onSave={save} />
}

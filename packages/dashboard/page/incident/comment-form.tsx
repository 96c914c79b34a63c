import { type FormEvent, type KeyboardEvent, useRef, useState } from 'react'
import { useMutation, useTopic } from '../live/app.ts'
import { useNow } from '../live/live-context.tsx'
import { Button } from '../ui/button.tsx'
import { inputClass } from '../ui/field.tsx'
import { withComment } from './optimistic-comment.ts'
import { typingLine } from './typing-line.ts'

// The server forgets after 5 s that somebody was typing.
const tellEveryMs = 3_000

/** Where a comment is written; others see that somebody does. */
export const CommentForm = ({ id }: { readonly id: string }) => {
  const [text, setText] = useState('')
  const now = useNow()
  const { data: typing = [] } = useTopic('typing', { id })
  const tell = useMutation('incidents.typing')
  const toldAt = useRef(0)
  const comment = useMutation('incidents.comment', {
    optimistic: (draft, sent) =>
      draft.topic('incident', { id }, (incident) => withComment(incident, { text: sent.text, at: now })),
    onError: (_error, sent) => setText((current) => (current === '' ? sent.text : current)),
  })
  const send = () => {
    const written = text.trim()
    if (written === '') return
    setText('')
    toldAt.current = 0
    comment.mutate({ id, text: written })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send()
  }
  const write = (next: string) => {
    setText(next)
    if (next === '' || now - toldAt.current < tellEveryMs) return
    toldAt.current = now
    tell.mutate({ id })
  }
  const sendByKey = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    send()
  }
  // Who writes here knows that they do.
  const isMine = now - toldAt.current < 5_500 && toldAt.current > 0
  return (
    <form onSubmit={submit} className="flex flex-col gap-2 border-t border-line px-4 py-3">
      <textarea
        aria-label="Comment"
        aria-describedby="comment-hint"
        rows={2}
        maxLength={10_000}
        value={text}
        placeholder="Write a comment; @name mentions somebody"
        className={`${inputClass} h-auto py-1.5`}
        onChange={(event) => write(event.target.value)}
        onKeyDown={sendByKey}
      />
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <p role="status" data-role="typing" className="min-w-0 flex-1 truncate text-xs text-muted">
          {typingLine(typing, { now, isMine })}
        </p>
        <p id="comment-hint" className="hidden text-xs text-faint sm:block">
          Ctrl+Enter sends
        </p>
        <Button type="submit" tone="primary" disabled={text.trim() === ''}>
          Comment
        </Button>
      </div>
      {comment.error === null ? null : (
        <p role="alert" className="text-fail">
          It was not stored: {comment.error.message}
        </p>
      )}
    </form>
  )
}

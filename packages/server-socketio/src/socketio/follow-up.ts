/** Does this request belong to a connection that was let in before? An empty session id opens a new one. */
export const isFollowUp = (url = ''): boolean => (new URLSearchParams(url.split('?')[1] ?? '').get('sid') ?? '') !== ''

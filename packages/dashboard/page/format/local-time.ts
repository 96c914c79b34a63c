const two = (value: number): string => String(value).padStart(2, '0')

/** For `<input type="datetime-local">`: the reader's own time. */
export const toLocalTime = (at: number): string => {
  const date = new Date(at)
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** ms since the Unix epoch; undefined where it is no time. */
export const fromLocalTime = (text: string): number | undefined => {
  const at = new Date(text).getTime()
  return Number.isNaN(at) ? undefined : at
}

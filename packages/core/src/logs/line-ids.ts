/** Ids that sort by time, then by the order they were given in one process; never two alike in all. */
export const createLineIds = (randomId: () => string): ((at: number) => string) => {
  const tag = randomId().replaceAll('-', '').slice(0, 12)
  let count = 0
  return (at) => {
    count++
    return `${at.toString(36).padStart(9, '0')}-${count.toString(36).padStart(8, '0')}-${tag}`
  }
}

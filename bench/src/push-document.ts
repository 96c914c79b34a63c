/** The document that both servers push: 2 KB that say when they were made. */
export const pushDocument = (count: number): Record<string, unknown> => ({
  count,
  // Of the machine's clock, in ms: the clients run on the same machine.
  madeAt: performance.timeOrigin + performance.now(),
  filler: Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`metric${index}`, index * 1.25])),
})

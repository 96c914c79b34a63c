// Before the first paint, so that a dark screen never flashes white. A file of its own: the page's policy allows no inline script.
try {
  const mode = localStorage.getItem('sightline.color-mode')
  if (mode === 'light' || mode === 'dark' || mode === 'contrast') document.documentElement.dataset.mode = mode
} catch {
  // Storage may be forbidden; the system's mode stands.
}

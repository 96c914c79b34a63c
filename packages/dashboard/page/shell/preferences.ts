import { create } from 'zustand'

/** `system` follows the device; `contrast` takes the device's light or dark at full strength. */
export type ColorMode = 'system' | 'light' | 'dark' | 'contrast'

interface Preferences {
  readonly colorMode: ColorMode
  setColorMode(mode: ColorMode): void
}

// The same key as public/color-mode.js, which applies it before the first paint.
const colorModeKey = 'sightline.color-mode'

const readColorMode = (): ColorMode => {
  const mode = document.documentElement.dataset.mode
  return mode === 'light' || mode === 'dark' || mode === 'contrast' ? mode : 'system'
}

const applyColorMode = (mode: ColorMode): void => {
  if (mode === 'system') delete document.documentElement.dataset.mode
  else document.documentElement.dataset.mode = mode
  try {
    if (mode === 'system') localStorage.removeItem(colorModeKey)
    else localStorage.setItem(colorModeKey, mode)
  } catch {
    // Storage may be forbidden; the mode then lasts as long as the page.
  }
}

/** What the person at this browser prefers. */
export const usePreferences = create<Preferences>()((set) => ({
  colorMode: readColorMode(),
  setColorMode: (colorMode) => {
    applyColorMode(colorMode)
    set({ colorMode })
  },
}))

import { Menu } from '@base-ui/react/menu'
import { Check, Contrast, Monitor, Moon, Sun } from 'lucide-react'
import { popupClass } from '../ui/popup.ts'
import { type ColorMode, usePreferences } from './preferences.ts'

const modes = {
  system: { label: 'System', icon: Monitor },
  light: { label: 'Light', icon: Sun },
  dark: { label: 'Dark', icon: Moon },
  contrast: { label: 'High contrast', icon: Contrast },
} satisfies Record<ColorMode, { label: string; icon: typeof Sun }>

export const ColorModeMenu = () => {
  const { colorMode, setColorMode } = usePreferences()
  const Current = modes[colorMode].icon
  return (
    <Menu.Root>
      <Menu.Trigger
        aria-label={`Colours: ${modes[colorMode].label}`}
        className="flex size-8 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text data-popup-open:bg-hover"
      >
        <Current aria-hidden className="size-4" />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={6} align="end" className="z-50">
          <Menu.Popup className={`${popupClass} w-44 p-1`}>
            <Menu.RadioGroup value={colorMode} onValueChange={(mode: ColorMode) => setColorMode(mode)}>
              {Object.entries(modes).map(([mode, { label, icon: Icon }]) => (
                <Menu.RadioItem
                  key={mode}
                  value={mode}
                  closeOnClick
                  className="flex h-8 cursor-default items-center gap-2 rounded-md px-2 outline-none data-highlighted:bg-hover"
                >
                  <Icon aria-hidden className="size-4 text-faint" />
                  <span className="flex-1">{label}</span>
                  <Menu.RadioItemIndicator>
                    <Check aria-hidden className="size-4 text-accent" />
                  </Menu.RadioItemIndicator>
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}

import { createTheme } from '@mantine/core'
import type { MantineColorScheme, MantineColorSchemeManager, MantineThemeOverride } from '@mantine/core'

/** Our look on Mantine's components. Surfaces and states are CSS variables (styles/tokens.css); here is only what Mantine computes with. */
export const theme: MantineThemeOverride = createTheme({
  fontFamily: "'Pretendard', system-ui, 'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans KR', sans-serif",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace",
  primaryColor: 'noerok',
  primaryShade: { light: 7, dark: 6 },
  defaultRadius: 8,
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '8px', xl: '8px' },
  fontSizes: { xs: '12px', sm: '14px', md: '14px', lg: '16px', xl: '20px' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  colors: {
    // 뇌록, the green-blue earth under dancheong paintings.
    noerok: ['#e8f6f4', '#cdebe7', '#9ed8d0', '#6cc4b9', '#4fb8aa', '#2a9a8d', '#0f7a70', '#0b6b63', '#085a53', '#05443f'],
    dark: ['#e6ebea', '#c3cecc', '#9fadab', '#74827f', '#3a4443', '#2a3232', '#1a2020', '#101414', '#0b0e0e', '#070909'],
  },
  components: {
    Tooltip: { defaultProps: { openDelay: 400, multiline: true, maw: 320, withinPortal: true } },
    Modal: { defaultProps: { transitionProps: { duration: 0 }, styles: { title: { fontSize: 18, fontWeight: 600 } } } },
    Drawer: { defaultProps: { transitionProps: { duration: 0 }, styles: { title: { fontSize: 18, fontWeight: 600 } } } },
    Popover: { defaultProps: { transitionProps: { duration: 0 }, shadow: 'md' } },
    Switch: { defaultProps: { withThumbIndicator: false } },
    Menu: { defaultProps: { transitionProps: { duration: 0 }, shadow: 'md' } },
  },
})

const STORED = 'haechi.theme'

/** Keeps the theme where boot/boot.ts reads it before the first paint. Until someone chooses, the system's is followed. */
export function themeManager(): MantineColorSchemeManager {
  return {
    get: () => {
      const scheme = document.documentElement.getAttribute('data-mantine-color-scheme')
      return scheme === 'light' || scheme === 'dark' ? scheme : 'dark'
    },
    set: (scheme: MantineColorScheme) => {
      try {
        localStorage.setItem(STORED, scheme)
      } catch {
        // Storage is forbidden: the choice lasts until the page is closed.
      }
    },
    subscribe: () => {},
    unsubscribe: () => {},
    clear: () => localStorage.removeItem(STORED),
  }
}

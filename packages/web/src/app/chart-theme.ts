import { useComputedColorScheme } from '@mantine/core'
import { useIsPrinting } from '../state/printing.ts'

/** The theme in which charts are drawn: that of the screen; light on paper. */
export function useChartTheme(): 'dark' | 'light' {
  const scheme = useComputedColorScheme('dark')
  return useIsPrinting() ? 'light' : scheme
}

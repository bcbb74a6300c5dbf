import type { Locale } from '../state/view-types.ts'

const STORED = 'haechi.language'

/** The language for a person: the one chosen here before, else Korean if the browser asks for Korean first among ours, else English. */
export function chooseLocale(stored: string | null, wanted: readonly string[]): Locale {
  if (stored === 'ko' || stored === 'en') return stored
  for (const tag of wanted) {
    const language = tag.toLowerCase().split('-')[0]
    if (language === 'ko' || language === 'en') return language
  }
  return 'en'
}

/** The language for whoever looks at this page. */
export function readLocale(): Locale {
  let stored: string | null = null
  try {
    stored = localStorage.getItem(STORED)
  } catch {
    // Storage is forbidden: the browser's language decides each time.
  }
  return chooseLocale(stored, navigator.languages)
}

/** Remembers a choice in this browser. */
export function storeLocale(locale: Locale): void {
  try {
    localStorage.setItem(STORED, locale)
  } catch {
    // Storage is forbidden: the choice lasts until the page is closed.
  }
}

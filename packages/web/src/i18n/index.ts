import { createInstance } from 'i18next'
import { initReactI18next, useTranslation } from 'react-i18next'
import type { LocalText } from '@haechi/server'
import type { Locale } from '../state/view-types.ts'
import { en } from './en.ts'
import { ko } from './ko.ts'
import { readLocale, storeLocale } from './locale.ts'

/** The name of a sentence; of a counted one, without `_one` and `_other`. */
export type MessageKey = Exclude<keyof typeof en, `${string}_one` | `${string}_other`> | CountedKey
type CountedKey = keyof typeof en extends infer K ? K extends `${infer Stem}_other` ? Stem : never : never

/** Says a sentence in the chosen language. `count` chooses the plural. */
export type Say = (key: MessageKey, values?: Readonly<Record<string, string | number>>) => string

const instance = createInstance()

/** Prepares both catalogues; call once before the first render. */
export function startI18n(): void {
  const locale = readLocale()
  void instance.use(initReactI18next).init({
    lng: locale,
    fallbackLng: 'en',
    resources: { en: { translation: en }, ko: { translation: ko } },
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
    initAsync: false,
  })
  document.documentElement.lang = locale
}

/** Changes the language and remembers it in this browser. */
export function changeLocale(locale: Locale): void {
  storeLocale(locale)
  document.documentElement.lang = locale
  void instance.changeLanguage(locale)
}

/** The words of the page. */
export interface Words {
  readonly t: Say
  readonly locale: Locale
  /** The text of the chosen language. */
  readonly of: (text: LocalText) => string
}

/** The chosen language; the component renders again when it changes. */
export function useWords(): Words {
  const { t, i18n } = useTranslation()
  const locale: Locale = i18n.language === 'ko' ? 'ko' : 'en'
  return { t: t as unknown as Say, locale, of: text => text[locale] }
}

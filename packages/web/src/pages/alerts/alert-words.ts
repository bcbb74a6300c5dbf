import { enAlerts } from '../../i18n/en-alerts.ts'
import { koAlerts } from '../../i18n/ko-alerts.ts'
import { useWords } from '../../i18n/index.ts'
import type { Words } from '../../i18n/index.ts'

/** The name of a sentence of the alerts page. */
export type AlertKey = keyof typeof enAlerts

/** Says a sentence of the alerts page. */
export type SayAlert = (key: AlertKey, values?: Readonly<Record<string, string | number>>) => string

const SAY: Readonly<Record<Words['locale'], SayAlert>> = { en: sayer(enAlerts), ko: sayer(koAlerts) }

function sayer(catalogue: Readonly<Record<AlertKey, string>>): SayAlert {
  return (key, values = {}) => catalogue[key].replace(/\{\{(\w+)\}\}/g, (all, name: string) => String(values[name] ?? all))
}

/** The page's words: they come with it, not with the first page. */
export function useAlertWords(): Words & { readonly a: SayAlert } {
  const words = useWords()
  return { ...words, a: SAY[words.locale] }
}

import type { Notification, Notifier } from '../notification.ts'
import type { Labels } from '@haechi/model'
import { truncated } from '../message-templates.ts'

/** Longest value of an annotation where the whole is too long, characters. */
const SHORT_VALUE = 4096

/** What templates say when their text or their work is beyond the bounds. */
const BEYOND = /(?:output is too long|template runs too long) \(more than/

/**
 * Where the text of a message grows beyond all bounds (thousands of alerts in one group, annotations of megabytes), it is made of fewer alerts, the firing ones first,
 * and at last of shorter annotations, instead of never being sent.
 */
export function withFewerAlerts(notifier: Notifier): Notifier {
  return {
    title: n => notifier.title(n),
    async send(n, signal) {
      let sent = n
      for (let last = false; ;) {
        const result = await notifier.send(sent, signal)
        if (result.ok) return sent === n || result.warning !== undefined ? result : { ...result, warning: `the text was too long: ${sent.truncatedAlerts - n.truncatedAlerts} alerts were left out` }
        if (result.template !== true || !BEYOND.test(result.error) || last) return result
        last = sent.alerts.length <= 1
        sent = last ? withShortTexts(sent) : firstFiring(sent, Math.max(1, Math.floor(sent.alerts.length / 8)))
      }
    },
  }
}

/** What fires stands first; the message is about the whole group as before. */
function firstFiring(n: Notification, count: number): Notification {
  const alerts = [...n.alerts.filter(a => a.status === 'firing'), ...n.alerts.filter(a => a.status !== 'firing')].slice(0, count)
  return { ...n, alerts, truncatedAlerts: n.truncatedAlerts + n.alerts.length - count }
}

function withShortTexts(n: Notification): Notification {
  const short = (pairs: Labels): Labels => pairs.map((text, i) => (i % 2 === 0 ? text : truncated(text, SHORT_VALUE)))
  return { ...n, alerts: n.alerts.map(a => ({ ...a, annotations: short(a.annotations) })) }
}

import type { Notification, Notifier } from '../../notification.ts'
import type { ContactPoint } from '../../views.ts'
import { goJson } from '../go-json.ts'
import { answerObject, httpNotifier } from '../http-notifier.ts'
import type { NotifierContext } from '../notifier-context.ts'
import { alertmanagerBody, defaultTitle } from '../webhook/body.ts'
import { httpUrl } from '../webhook/config.ts'
import { firstAlerts } from '../webhook/notifier.ts'

/** Longest body that is taken. */
const BODY_BYTES = 512 * 1024

/** Raises alerts at incident.io: Alertmanager's body with version "1". @throws Error when the address is none */
export function createIncidentioNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  const url = httpUrl(c.url)
  const body = (n: Notification, alerts = n.alerts): string => goJson({ ...alertmanagerBody(n), alerts: alertmanagerBody({ ...n, alerts })['alerts'], version: '1' })
  return httpNotifier({
    service: 'incident.io', title: defaultTitle,
    request(n) {
      const cut = (c.maxAlerts ?? 0) > 0 && n.alerts.length > c.maxAlerts! ? firstAlerts(n, c.maxAlerts!) : n
      const whole = body(cut)
      // One alert of the group is enough for an incident.
      return { url, body: Buffer.byteLength(whole) <= BODY_BYTES ? whole : body(cut, cut.alerts.slice(0, 1)) }
    },
    refusal(answer) {
      if (answer.status >= 200 && answer.status < 300) return undefined
      const { message, error, errors } = answerObject(answer)
      return { reason: [message, error, ...[errors].flat()].filter(e => typeof e === 'string').join(': ') }
    },
  }, c, context)
}

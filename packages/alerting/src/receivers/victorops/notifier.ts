import { createHash } from 'node:crypto'
import { messageTexts, truncated } from '../../message-templates.ts'
import type { Notification, Notifier } from '../../notification.ts'
import type { ContactPoint } from '../../views.ts'
import { goJson } from '../go-json.ts'
import { answerObject, httpNotifier } from '../http-notifier.ts'
import type { NotifierContext } from '../notifier-context.ts'
import { defaultTitle } from '../webhook/body.ts'
import { httpUrl } from '../webhook/config.ts'

const MESSAGE_LENGTH = 20_480
const FIRING_TYPES: ReadonlySet<string> = new Set(['INFO', 'WARNING', 'CRITICAL'])

/** Raises and ends incidents at VictorOps (Splunk On-Call). @throws Error when the key is missing */
export function createVictorOpsNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  const key = c.secrets?.['key']
  if (key === undefined) throw new Error('a VictorOps contact point needs a key')
  httpUrl(c.url)
  return httpNotifier({
    service: 'VictorOps', title: defaultTitle,
    request(n: Notification) {
      const t = messageTexts(c.texts ?? {}, context.templates, n, context.clock.nowMs())
      const url = new URL(c.url)
      url.pathname += `${key}/${t['routing_key']}`
      const type = n.status === 'resolved' ? 'RECOVERY' : FIRING_TYPES.has(t['message_type']!) ? t['message_type']! : 'CRITICAL'
      const message: Record<string, string> = {
        message_type: type, entity_id: createHash('sha256').update(n.groupKey).digest('hex'), entity_display_name: t['entity_display_name']!, state_message: truncated(t['state_message']!, MESSAGE_LENGTH), monitoring_tool: t['monitoring_tool']!,
      }
      for (const [name, text] of Object.entries(t)) if (name.startsWith('field ')) message[name.slice(6)] = text
      return { url: url.href, body: goJson(Object.fromEntries(Object.keys(message).sort().map(k => [k, message[k]]))) }
    },
    refusal: answer => (answer.status >= 200 && answer.status < 300 ? undefined : { reason: String(answerObject(answer)['message'] ?? '') }),
  }, c, context)
}

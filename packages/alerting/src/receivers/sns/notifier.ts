import { createHash } from 'node:crypto'
import { messageTexts } from '../../message-templates.ts'
import type { Notification, Notifier } from '../../notification.ts'
import type { ContactPoint } from '../../views.ts'
import { goForm, some } from '../go-json.ts'
import { httpNotifier } from '../http-notifier.ts'
import type { ReceiverRequest } from '../http-notifier.ts'
import type { NotifierContext } from '../notifier-context.ts'
import { defaultTitle } from '../webhook/body.ts'
import { httpUrl } from '../webhook/config.ts'
import { awsSignature } from './sigv4.ts'

/** Bytes of a message, and of a text message to a phone. @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const MESSAGE_BYTES = 256 * 1024
const PHONE_BYTES = 1600

/** Publishes to a topic, a phone or an endpoint of Amazon SNS. @throws Error when region or keys are missing */
export function createSnsNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  if (c.sns === undefined || c.secrets === undefined) throw new Error('an SNS contact point needs a region and keys')
  return httpNotifier({
    service: 'Amazon SNS', title: defaultTitle, request: n => snsRequest(c, n, context),
    refusal: answer => (answer.status >= 200 && answer.status < 300 ? undefined : { reason: /<Message>([^<]*)<\/Message>/.exec(answer.body)?.[1] ?? '' }),
  }, c, context)
}

function snsRequest(c: ContactPoint, n: Notification, context: Pick<NotifierContext, 'templates' | 'clock'>): ReceiverRequest {
  const { region, attributes } = c.sns!
  const nowMs = context.clock.nowMs()
  const t = messageTexts(c.texts ?? {}, context.templates, n, nowMs)
  const topic = t['topic_arn'] ?? ''
  const hash = createHash('sha256').update(n.groupKey).digest('hex')
  const message = withinBytes(t['message'] ?? '', (t['phone_number'] ?? '') === '' ? MESSAGE_BYTES : PHONE_BYTES)
  const pairs = new Map(Array.from({ length: attributes }, (_x, i): [string, string] => [t[`attribute ${i} name`]!, t[`attribute ${i} value`]!]))
  if (message !== t['message']) pairs.set('truncated', 'true')
  const entries: Record<string, string> = {}
  for (const [i, name] of [...pairs.keys()].sort().entries()) {
    const entry = `MessageAttributes.entry.${i + 1}`
    Object.assign(entries, { [`${entry}.Name`]: name, [`${entry}.Value.DataType`]: 'String', [`${entry}.Value.StringValue`]: pairs.get(name)! })
  }
  const body = goForm({
    Action: 'Publish', Version: '2010-03-31', Message: message, ...entries, ...some('TopicArn', topic), ...some('PhoneNumber', t['phone_number']), ...some('TargetArn', t['target_arn']), ...some('Subject', t['subject']),
    // A topic that keeps the order.
    ...(topic.endsWith('.fifo') ? { MessageDeduplicationId: hash, MessageGroupId: hash } : {}),
  })
  const url = httpUrl((t['api_url'] ?? '') === '' ? c.url : t['api_url']!)
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return { url, body, headers: { ...headers, ...awsSignature({ method: 'POST', url, body, headers, region, service: 'sns', accessKey: c.secrets!['accessKey']!, secretKey: c.secrets!['secretKey']!, nowMs }) } }
}

/** At most so many bytes of UTF-8, no character cut in half. */
function withinBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= limit) return text
  let end = limit
  while ((bytes[end]! & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}

import { messageTexts } from '../../message-templates.ts'
import type { Notifier } from '../../notification.ts'
import type { ContactPoint } from '../../views.ts'
import { goForm, goJson, some } from '../go-json.ts'
import { answerObject } from '../http-notifier.ts'
import { StepRefused, steppedNotifier } from '../http-steps.ts'
import type { NotifierContext } from '../notifier-context.ts'
import { defaultTitle } from '../webhook/body.ts'
import { httpUrl } from '../webhook/config.ts'

/** A token is asked for anew after this time. @see https://developer.work.weixin.qq.com/document/path/91039 */
const TOKEN_MS = 2 * 3_600_000
/** The answer to a token that is no longer valid. */
const TOKEN_EXPIRED = 42001

/** Writes to people of an organisation on WeChat Work. @throws Error when the secret is missing */
export function createWechatNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  const secret = c.secrets?.['secret']
  if (c.wechat === undefined || secret === undefined) throw new Error('a WeChat contact point needs a secret')
  const { messageType } = c.wechat
  httpUrl(c.url)
  const address = (path: string, query: Readonly<Record<string, string>>): string => {
    const url = new URL(c.url)
    url.pathname += path
    return `${url.origin}${url.pathname}?${goForm({ ...Object.fromEntries(url.searchParams), ...query })}`
  }
  let token: { readonly text: string; readonly atMs: number } | undefined
  return steppedNotifier({
    service: 'WeChat', title: defaultTitle,
    prepare(n) {
      const t = messageTexts({ ...c.texts, secret }, context.templates, n, context.clock.nowMs())
      const content = (kind: string): { content: string } => ({ content: kind === messageType ? t['message']! : '' })
      const body = goJson({ text: content('text'), ...some('touser', t['to_user']), ...some('toparty', t['to_party']), ...some('totag', t['to_tag']), ...some('agentid', t['agent_id']), safe: '0', msgtype: messageType, markdown: content('markdown') })
      return async send => {
        const nowMs = context.clock.nowMs()
        if (token === undefined || nowMs - token.atMs > TOKEN_MS) {
          const answer = answerObject(await send({ method: 'GET', url: address('gettoken', { corpsecret: t['secret']!, corpid: t['corp_id']! }), body: '' }))
          if (typeof answer['access_token'] !== 'string' || answer['access_token'] === '') throw new StepRefused(`no token: ${String(answer['errmsg'] ?? 'the secret or the corp ID is wrong')}`)
          token = { text: answer['access_token'], atMs: nowMs }
        }
        const used = token.text
        const answer = answerObject(await send({ method: 'POST', url: address('message/send', { access_token: used }), body }))
        if (answer['errcode'] === 0) return
        if (answer['errcode'] === TOKEN_EXPIRED) token = undefined
        throw new StepRefused(String(answer['errmsg'] ?? 'no reason').replaceAll(used, '<secret>'), answer['errcode'] === TOKEN_EXPIRED)
      }
    },
  }, c, context)
}

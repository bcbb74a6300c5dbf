import type { Notifier } from '../notification.ts'
import type { ContactPoint } from '../views.ts'
import { createDiscordNotifier } from './discord/notifier.ts'
import { createEmailNotifier } from './email/notifier.ts'
import { withFewerAlerts } from './fewer-alerts.ts'
import { createGoogleChatNotifier } from './googlechat/notifier.ts'
import { createIncidentioNotifier } from './incidentio/notifier.ts'
import { createJiraNotifier } from './jira/notifier.ts'
import { createKakaoWorkNotifier } from './kakaowork/notifier.ts'
import { createLineNotifier } from './line/notifier.ts'
import { createMattermostNotifier } from './mattermost/notifier.ts'
import { createOpsgenieNotifier } from './opsgenie/notifier.ts'
import { createPagerDutyNotifier } from './pagerduty/notifier.ts'
import { createPushoverNotifier } from './pushover/notifier.ts'
import { createRocketchatNotifier } from './rocketchat/notifier.ts'
import { createSlackNotifier } from './slack/notifier.ts'
import { createSnsNotifier } from './sns/notifier.ts'
import { createTeamsNotifier } from './teams/notifier.ts'
import { createTelegramNotifier } from './telegram/notifier.ts'
import { createVictorOpsNotifier } from './victorops/notifier.ts'
import { createWebexNotifier } from './webex/notifier.ts'
import { createWebhookNotifier } from './webhook/notifier.ts'
import { createWechatNotifier } from './wechat/notifier.ts'
import type { NotifierContext } from './notifier-context.ts'

/** Kinds that have a form of ours. */
const WITH_OUR_FORM: ReadonlySet<ContactPoint['type']> = new Set(['discord', 'telegram', 'email', 'teams', 'googlechat', 'line', 'kakaowork'])

/**
 * Makes the sender for a contact point. Where a text of the user can't be made, the message goes in our form instead of being lost, with the reason as its warning.
 * @throws Error when its settings can't be used; the text holds no secret
 */
export function createNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  const own = withFewerAlerts(notifierOf(c, context))
  if (!WITH_OUR_FORM.has(c.type) || c.texts === undefined) return own
  const { texts: _texts, ...plain } = c
  const ours = notifierOf(plain, context)
  return {
    title: n => own.title(n),
    async send(n, signal) {
      const result = await own.send(n, signal)
      if (result.ok || result.template !== true) return result
      const again = await ours.send(n, signal)
      return again.ok ? { ...again, warning: result.error } : again
    },
  }
}

function notifierOf(c: ContactPoint, context: NotifierContext): Notifier {
  switch (c.type) {
    case 'discord': return createDiscordNotifier(c, context)
    case 'webhook': return createWebhookNotifier(c, context)
    case 'slack': return createSlackNotifier(c, context)
    case 'telegram': return createTelegramNotifier(c, context)
    case 'email': return createEmailNotifier(c, context)
    case 'teams': return createTeamsNotifier(c, context)
    case 'pagerduty': return createPagerDutyNotifier(c, context)
    case 'opsgenie': return createOpsgenieNotifier(c, context)
    case 'googlechat': return createGoogleChatNotifier(c, context)
    case 'line': return createLineNotifier(c, context)
    case 'kakaowork': return createKakaoWorkNotifier(c, context)
    case 'pushover': return createPushoverNotifier(c, context)
    case 'sns': return createSnsNotifier(c, context)
    case 'victorops': return createVictorOpsNotifier(c, context)
    case 'webex': return createWebexNotifier(c, context)
    case 'wechat': return createWechatNotifier(c, context)
    case 'rocketchat': return createRocketchatNotifier(c, context)
    case 'mattermost': return createMattermostNotifier(c, context)
    case 'jira': return createJiraNotifier(c, context)
    case 'incidentio': return createIncidentioNotifier(c, context)
  }
}

import { Secret, goQuote, parseFields } from '@haechi/model'
import type { Fields } from '@haechi/model'
import { inhibitRuleConfig } from '../inhibit.ts'
import { checkNames, routeConfig } from '../route.ts'
import { timeIntervalConfig } from '../time-interval.ts'
import type { TimeInterval } from '../time-interval.ts'
import { discordFileConfig } from '../receivers/discord/config.ts'
import { emailFileConfig, smtpGlobal } from '../receivers/email/config.ts'
import type { SmtpGlobal } from '../receivers/email/config.ts'
import { incidentioFileConfig } from '../receivers/incidentio/config.ts'
import { jiraFileConfig } from '../receivers/jira/config.ts'
import { mattermostFileConfig } from '../receivers/mattermost/config.ts'
import { opsgenieFileConfig } from '../receivers/opsgenie/config.ts'
import type { OpsgenieGlobal } from '../receivers/opsgenie/config.ts'
import { OPSGENIE_API } from '../receivers/opsgenie/notifier.ts'
import { pagerDutyFileConfig } from '../receivers/pagerduty/config.ts'
import { pushoverFileConfig } from '../receivers/pushover/config.ts'
import { ROCKETCHAT_API, rocketchatFileConfig } from '../receivers/rocketchat/config.ts'
import type { RocketchatGlobal } from '../receivers/rocketchat/config.ts'
import { snsFileConfig } from '../receivers/sns/config.ts'
import { teamsFileConfig } from '../receivers/teams/config.ts'
import { TELEGRAM_API, telegramFileConfig } from '../receivers/telegram/config.ts'
import type { TelegramGlobal } from '../receivers/telegram/config.ts'
import { slackFileConfig } from '../receivers/slack/config.ts'
import type { SlackGlobal } from '../receivers/slack/config.ts'
import { VICTOROPS_API, victorOpsFileConfig } from '../receivers/victorops/config.ts'
import type { VictorOpsGlobal } from '../receivers/victorops/config.ts'
import { WEBEX_API, webexFileConfig } from '../receivers/webex/config.ts'
import { webhookFileConfig } from '../receivers/webhook/config.ts'
import { WECHAT_API, wechatFileConfig } from '../receivers/wechat/config.ts'
import type { WechatGlobal } from '../receivers/wechat/config.ts'
import type { ContactPoint, Receiver, Routing } from '../views.ts'
import { NO_HTTP_CONFIG, connectionOf, httpConfig, requestHeaders, revealed, secretSource, tlsSettings } from './http-config.ts'
import type { HttpConfig, SecretSource } from './http-config.ts'
import type { FileContactPoint } from './file-contact-point.ts'

/** A whole `alertmanager.yml`. */
export interface AlertmanagerConfig {
  readonly resolveTimeoutMs: number
  readonly routing: Routing
  /** With uid and name, in file order. */
  readonly contactPoints: readonly (FileContactPoint & Pick<ContactPoint, 'uid' | 'name'>)[]
  readonly globalHttp: HttpConfig
  /** Patterns of `templates`, as written. */
  readonly templates: readonly string[]
  /** What the file asks for and this version does not do, one sentence each. */
  readonly warnings: readonly string[]
}

/** What `global` says for receivers. */
interface Globals {
  readonly slack: SlackGlobal
  readonly smtp: SmtpGlobal
  readonly pagerDutyUrl: string
  readonly telegram: TelegramGlobal
  readonly opsgenie: OpsgenieGlobal
  readonly victorOps: VictorOpsGlobal
  readonly webexUrl: string
  readonly wechat: WechatGlobal
  readonly rocketchat: RocketchatGlobal
  readonly mattermostUrl: SecretSource | undefined
  readonly jiraUrl: string
}

/** Alertmanager's default of `global.resolve_timeout`. */
const DEFAULT_RESOLVE_TIMEOUT_MS = 300_000
const SLACK_APP_URL = 'https://slack.com/api/chat.postMessage'

/**
 * Reads an `alertmanager.yml`.
 * @param text  YAML @param file  as the user named it, for messages
 * @throws ConfigError with file, line and column, and Alertmanager's reason
 * @see alertmanager config/config.go
 */
export function parseAlertmanagerConfig(text: string, file: string): AlertmanagerConfig {
  const top = parseFields(text, file)
  const warnings: string[] = []
  const g = top.fields('global')
  const resolveTimeoutMs = g?.durationMs('resolve_timeout', DEFAULT_RESOLVE_TIMEOUT_MS) ?? DEFAULT_RESOLVE_TIMEOUT_MS
  const globalHttp = httpConfig(g?.fields('http_config'), warnings) ?? NO_HTTP_CONFIG
  const appUrl = g?.string('slack_app_url', SLACK_APP_URL) ?? SLACK_APP_URL
  const slack: SlackGlobal = {
    apiUrl: g === undefined ? undefined : secretSource(g, 'slack_api_url', 'slack_api_url_file'), appToken: g === undefined ? undefined : secretSource(g, 'slack_app_token', 'slack_app_token_file'),
    appUrl: new Secret(appUrl),
  }
  if (g !== undefined && slack.apiUrl !== undefined && slack.appToken !== undefined && !(slack.apiUrl instanceof Secret && slack.apiUrl.reveal() === appUrl)) {
    throw g.error('slack_app_token', 'at most one of slack_app_token/slack_app_token_file & slack_api_url/slack_api_url_file must be configured')
  }
  const globalSecret = (key: string): SecretSource | undefined => (g === undefined ? undefined : secretSource(g, key, `${key}_file`))
  const global: Globals = {
    slack, smtp: smtpGlobal(g), pagerDutyUrl: g?.string('pagerduty_url', '') ?? '',
    telegram: { apiUrl: g?.string('telegram_api_url', TELEGRAM_API) ?? TELEGRAM_API, token: g === undefined ? undefined : secretSource(g, 'telegram_bot_token', 'telegram_bot_token_file') },
    opsgenie: { apiUrl: g?.string('opsgenie_api_url', OPSGENIE_API) ?? OPSGENIE_API, key: g === undefined ? undefined : secretSource(g, 'opsgenie_api_key', 'opsgenie_api_key_file') },
    victorOps: { apiUrl: g?.string('victorops_api_url', VICTOROPS_API) ?? VICTOROPS_API, key: globalSecret('victorops_api_key') },
    webexUrl: g?.string('webex_api_url', WEBEX_API) ?? WEBEX_API, mattermostUrl: globalSecret('mattermost_webhook_url'), jiraUrl: g?.string('jira_api_url', '') ?? '',
    wechat: { apiUrl: g?.string('wechat_api_url', WECHAT_API) ?? WECHAT_API, secret: globalSecret('wechat_api_secret'), corpId: g?.string('wechat_api_corp_id', '') ?? '' },
    rocketchat: { apiUrl: g?.string('rocketchat_api_url', ROCKETCHAT_API) ?? ROCKETCHAT_API, token: globalSecret('rocketchat_token'), tokenId: globalSecret('rocketchat_token_id') },
  }
  g?.done()

  const root = top.fields('route')
  if (root === undefined) throw top.error(undefined, top.keys().length === 0 ? 'no route provided in config' : 'no routes provided')
  const route = routeConfig(root, warnings)
  if (route.continues) throw root.error('continue', 'cannot have continue in root route')

  const receivers: Receiver[] = []
  const contactPoints: (FileContactPoint & Pick<ContactPoint, 'uid' | 'name'>)[] = []
  for (const f of top.list('receivers')) {
    const { receiver, points } = receiverConfig(f, warnings, global)
    if (receivers.some(r => r.name === receiver.name)) throw f.error('name', `notification config name ${goQuote(receiver.name)} is not unique`)
    receivers.push(receiver)
    contactPoints.push(...points)
  }

  if (route.receiver === undefined) throw root.error(undefined, 'root route must specify a default receiver')
  if (route.matchers.length > 0) throw root.error('matchers', 'root route must not have any matchers')
  if (route.muteTimeIntervals.length > 0) throw root.error('mute_time_intervals', 'root route must not have any mute time intervals')
  if (route.activeTimeIntervals.length > 0) throw root.error('active_time_intervals', 'root route must not have any active time intervals')

  const timeIntervals: TimeInterval[] = []
  for (const [key, kind] of [['mute_time_intervals', 'mute time interval'], ['time_intervals', 'time interval']] as const) {
    for (const f of top.list(key)) {
      const interval = timeIntervalConfig(f, kind)
      if (timeIntervals.some(t => t.name === interval.name)) throw f.error('name', `${kind} ${goQuote(interval.name)} is not unique`)
      timeIntervals.push(interval)
    }
  }
  checkNames(root, route, new Set(receivers.map(r => r.name)), new Set(timeIntervals.map(t => t.name)))

  const inhibitRules = top.list('inhibit_rules').map(inhibitRuleConfig)
  const templates = top.strings('templates', [])
  for (const key of ['tracing', 'event_recorder'] as const) {
    if (top.has(key)) warnings.push(`${key} is not acted on by this version`)
    top.raw(key)
  }
  top.done()
  return { resolveTimeoutMs, routing: { route, receivers, inhibitRules, timeIntervals }, contactPoints, globalHttp, templates, warnings }
}

function receiverConfig(f: Fields, warnings: string[], global: Globals): { readonly receiver: Receiver; readonly points: readonly (FileContactPoint & Pick<ContactPoint, 'uid' | 'name'>)[] } {
  const name = f.string('name', '')
  if (name === '') throw f.error(undefined, 'missing name in receiver')
  const labels = { ...f.stringMap('labels') }
  if (labels['name'] !== undefined && labels['name'] !== name) throw f.error('labels', `receiver label "name" must match receiver name ${goQuote(name)}, got ${goQuote(labels['name'])}`)
  labels['name'] = name
  const read = (kind: string, parse: (f: Fields, warnings: string[]) => FileContactPoint | undefined): { readonly kind: string; readonly index: number; readonly point: FileContactPoint }[] =>
    f.list(`${kind}_configs`).flatMap((c, index) => {
      const point = parse(c, warnings)
      return point === undefined ? [] : [{ kind, index, point }]
    })
  const found = [
    ...read('discord', discordFileConfig), ...read('email', c => emailFileConfig(c, global.smtp)), ...read('pagerduty', (c, w) => pagerDutyFileConfig(c, w, global.pagerDutyUrl)),
    ...read('slack', (c, w) => slackFileConfig(c, w, global.slack)), ...read('webhook', webhookFileConfig), ...read('opsgenie', (c, w) => opsgenieFileConfig(c, w, global.opsgenie)),
    ...read('telegram', (c, w) => telegramFileConfig(c, w, global.telegram)), ...read('msteams', (c, w) => teamsFileConfig(c, w, 'connector')), ...read('msteamsv2', (c, w) => teamsFileConfig(c, w, 'adaptive')),
    ...read('pushover', pushoverFileConfig), ...read('sns', snsFileConfig), ...read('victorops', (c, w) => victorOpsFileConfig(c, w, global.victorOps)), ...read('webex', (c, w) => webexFileConfig(c, w, global.webexUrl)),
    ...read('wechat', (c, w) => wechatFileConfig(c, w, global.wechat)), ...read('rocketchat', (c, w) => rocketchatFileConfig(c, w, global.rocketchat)), ...read('mattermost', (c, w) => mattermostFileConfig(c, w, global.mattermostUrl)),
    ...read('jira', (c, w) => jiraFileConfig(c, w, global.jiraUrl)), ...read('incidentio', incidentioFileConfig),
  ]
  f.done()
  const points = found.map(({ kind, index, point }) => ({ ...point, uid: `file-${name}-${kind}-${index}`, name: found.length === 1 ? name : `${name}/${kind}[${index}]` }))
  return { receiver: { name, labels, contactPoints: points.map(p => p.uid) }, points }
}

/**
 * The contact points with their secrets looked up.
 * @param read  the text of a secret's file @throws what `read` throws
 */
export async function fileContactPoints(config: Pick<AlertmanagerConfig, 'contactPoints' | 'globalHttp'>, read: (file: string) => Promise<string>): Promise<ContactPoint[]> {
  return Promise.all(config.contactPoints.map(async (p): Promise<ContactPoint> => {
    const http = p.http ?? config.globalHttp
    const headers = p.settings.type === 'email' ? {} : await requestHeaders(http, read)
    const tls = p.tls ?? http.tls
    const secrets: Record<string, string> = {}
    for (const [name, source] of Object.entries(p.secrets ?? {})) secrets[name] = await revealed(source, read)
    const point: ContactPoint = {
      ...p.settings, uid: p.uid, name: p.name, origin: 'file', url: await revealed(p.url, read), ...(Object.keys(headers).length === 0 ? {} : { headers }),
      ...(tls === undefined ? {} : { tls: await tlsSettings(tls, read) }), ...connectionOf(http),
    }
    return p.finish === undefined ? point : p.finish(point, secrets)
  }))
}

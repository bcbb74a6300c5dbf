import type { ContactPointKind, DeliveryView, GrafanaRuleSummary, HeartbeatView, NewSilence, RulePreviewView, PolicyMatchView, PolicyNodeView, PolicyTreeView, SilenceView } from '@haechi/server'
import type { Answers } from './answers.ts'

/** What the test server says about silences, policies and rules of other kinds. Silences that are made are kept. */
export interface AlertAnswers {
  /** Undefined: it is somebody else's path. */
  answer(method: string, path: string, body: string, answers: Answers, nowMs: number): { readonly status: number; readonly body: unknown } | undefined
}

const KINDS: readonly ContactPointKind[] = [
  { type: 'discord', label: { en: 'Discord', ko: 'Discord' }, fields: [{ key: 'url', label: { en: 'Webhook address', ko: '웹훅 주소' }, input: 'url', required: true, placeholder: 'https://discord.com/api/webhooks/…' }] },
  { type: 'telegram', label: { en: 'Telegram', ko: '텔레그램' }, fields: [{ key: 'bottoken', label: { en: 'Bot token', ko: '봇 토큰' }, input: 'secret', required: true }, { key: 'chatid', label: { en: 'Chat', ko: '대화방 ID' }, input: 'text', required: true }] },
  {
    type: 'webhook', label: { en: 'Webhook', ko: '웹훅' }, fields: [{ key: 'url', label: { en: 'Webhook address', ko: '웹훅 주소' }, input: 'url', required: true }, { key: 'body', label: { en: 'Body', ko: '본문 형식' }, input: 'choice', required: false, choices: ['alertmanager', 'grafana'] }],
  },
]

/** A Grafana-managed rule as the pages get it. */
function grafanaRules(nowMs: number): GrafanaRuleSummary[] {
  const data = (expr: string, limit: number): object[] => [
    { refId: 'A', queryType: '', relativeTimeRange: { from: 600, to: 0 }, datasourceUid: 'prometheus', model: { refId: 'A', expr, instant: true, range: false } },
    { refId: 'B', queryType: '', relativeTimeRange: { from: 0, to: 0 }, datasourceUid: '__expr__', model: { refId: 'B', type: 'reduce', expression: 'A', reducer: 'last', settings: { mode: '' } } },
    { refId: 'C', queryType: '', relativeTimeRange: { from: 0, to: 0 }, datasourceUid: '__expr__', model: { refId: 'C', type: 'threshold', expression: 'B', conditions: [{ evaluator: { type: 'gt', params: [limit] } }] } },
  ]
  const rule = (uid: string, title: string, limit: number): Omit<GrafanaRuleSummary, 'provenance'> => ({
    uid, title, folderUid: 'f1', folderTitle: 'Shop', group: 'latency', intervalMs: 60_000, paused: false, state: 'inactive', health: 'ok', lastEvaluationMs: nowMs - 12_000, instances: [],
    rule: { uid, title, folderUID: 'f1', ruleGroup: 'latency', orgID: 1, condition: 'C', for: '5m', noDataState: 'NoData', execErrState: 'Error', isPaused: false, labels: { severity: 'warning', team: 'shop' }, annotations: { summary: 'Slow: {{ $values.B }}' }, data: data('rate(http_requests_total[5m])', limit) },
  })
  return [{ ...rule('g1', 'Checkout is slow', 0.5), provenance: '' }, { ...rule('g2', 'Search is slow', 2), provenance: 'file', file: 'provisioning/alerting/rules.yaml' }]
}

/** What Grafana's provisioning API lists: one contact point with its secret hidden, one mute timing. */
function provisioned(path: string): unknown {
  if (path.endsWith('/contact-points')) return [{ uid: 'c1', name: '팀 디스코드', type: 'discord', settings: { url: '[REDACTED]', use_discord_username: true }, disableResolveMessage: false }]
  return path.endsWith('/mute-timings') ? [{ name: 'nights', time_intervals: [{ times: [{ start_time: '00:00', end_time: '07:00' }], weekdays: ['monday:friday'], location: 'Asia/Seoul' }] }] : {}
}

function node(id: string, path: readonly number[], more: Partial<PolicyNodeView>): PolicyNodeView {
  return {
    id, path, matchers: [], receiver: '팀 디스코드', contactPoints: ['팀 디스코드'], groupBy: ['alertname', 'job'], groupWaitMs: 30_000, groupIntervalMs: 300_000, repeatIntervalMs: 14_400_000, continues: false, muteTimeIntervals: [],
    activeTimeIntervals: [], routes: [], ...more,
  }
}

const TREE: PolicyTreeView = {
  origin: 'ui', editable: true,
  timeIntervals: [{ name: 'nights', isNow: true, specs: [{ times: [{ begin: 0, end: 420 }], weekdays: [{ begin: 1, end: 5 }], timeZone: 'Asia/Seoul' }] }],
  root: node('0', [], {
    routes: [
      node('0/0', [0], { matchers: [{ name: 'severity', value: 'critical', isRegex: false, isEqual: true }], receiver: 'on-call', contactPoints: ['on-call'], groupWaitMs: 5_000, continues: true }),
      node('0/1', [1], { matchers: [{ name: 'job', value: 'batch.*', isRegex: true, isEqual: true }], muteTimeIntervals: ['nights'] }),
    ],
  }),
}

function matched(labels: Readonly<Record<string, string>>): PolicyMatchView {
  const end = labels['severity'] === 'critical' ? TREE.root.routes[0]! : TREE.root
  return {
    ends: [{
      id: end.id, way: end.id === '0' ? ['0'] : ['0', end.id], receiver: end.receiver, contactPoints: end.contactPoints, group: { alertname: labels['alertname'] ?? '', job: labels['job'] ?? '' }, groupWaitMs: end.groupWaitMs,
      groupIntervalMs: end.groupIntervalMs, repeatIntervalMs: end.repeatIntervalMs,
    }],
    silencedBy: [], inhibitedBy: [],
  }
}

/** 120 attempts, of which those of the scenario are the newest; filtered and in pages as the server answers. */
export function deliveriesOf(newest: readonly DeliveryView[], params: URLSearchParams): readonly DeliveryView[] {
  if (newest.length === 0) return []
  const oldest = newest.at(-1)!
  const all = [...newest.map((d, i) => ({ ...d, id: 120 - i })), ...Array.from({ length: 117 }, (_x, i): DeliveryView => ({ ...oldest, id: 117 - i, tMs: oldest.tMs - (i + 1) * 60_000, title: `Old ${117 - i}` }))]
  const before = Number(params.get('before') ?? Infinity)
  return all.filter(d => d.id < before && (params.get('contactPoint') ?? d.contactPoint) === d.contactPoint && (params.get('ok') ?? String(d.ok)) === String(d.ok)).slice(0, Number(params.get('limit') ?? 100))
}

/** A rule that fired in the middle of the range. */
function playedAnswer(body: string): RulePreviewView {
  const { rule, startMs, endMs } = JSON.parse(body) as { readonly rule: { readonly data: readonly { readonly refId: string }[] }; readonly startMs: number; readonly endMs: number }
  const steps = 60
  const stepMs = (endMs - startMs) / (steps - 1)
  return {
    startMs, stepMs, steps, threshold: { op: '>', value: 0.8 }, series: [{ labels: { job: 'orders' }, values: Array.from({ length: steps }, (_x, i) => (i > 20 && i < 40 ? 1 : 0.4)) }],
    instances: [{ labels: { job: 'orders' }, spans: [{ from: 21, to: 25, state: 'Pending' }, { from: 26, to: 39, state: 'Alerting' }] }],
    nodes: rule.data.map(d => ({ refId: d.refId, count: 1, results: [{ labels: { job: 'orders' }, value: '0.4' }] })),
  }
}

/** A new store of silences with the other answers. */
export function alertAnswers(): AlertAnswers {
  const silences: SilenceView[] = []
  let heartbeat: HeartbeatView | undefined
  const firing = (answers: Answers): unknown[] => answers.alerts.filter(a => a.state === 'firing').map((a, i) => {
    const silencedBy = silences.filter(s => s.state === 'active' && s.matchers.every(m => (a.labels[m.name] ?? '') === m.value)).map(s => s.id)
    return { fingerprint: `f${i}`, labels: a.labels, annotations: a.annotations, startsAt: a.activeAt, receivers: [{ name: 'default' }], status: { state: silencedBy.length > 0 ? 'suppressed' : 'active', silencedBy, inhibitedBy: [], mutedBy: [] } }
  })
  const own = (method: string, name: string, body: string, nowMs: number, answers: Answers): { status: number; body: unknown } | undefined => {
    if (name === 'silences' && method === 'GET') return { status: 200, body: silences }
    if (name === 'silences') {
      const given = JSON.parse(body) as NewSilence
      const made: SilenceView = { state: 'active', startsAtMs: nowMs, updatedAtMs: nowMs, ...given, id: `s${silences.length + 1}` }
      silences.push(made)
      return { status: 201, body: made }
    }
    if (name.startsWith('silences/')) {
      const i = silences.findIndex(s => s.id === name.slice(9))
      if (i >= 0) silences[i] = { ...silences[i]!, state: 'expired', endsAtMs: nowMs }
      return { status: 204, body: undefined }
    }
    switch (name) {
      case 'policies': return { status: 200, body: answers.contactPoints.length === 0 ? { ...TREE, origin: 'none', root: { ...TREE.root, contactPoints: [], routes: [] }, timeIntervals: [] } : TREE }
      case 'policies/match': return { status: 200, body: matched((JSON.parse(body) as { labels: Record<string, string> }).labels) }
      case 'contact-point-kinds': return { status: 200, body: KINDS }
      case 'grafana-rules': return { status: 200, body: answers.rules.length === 0 ? [] : grafanaRules(nowMs) }
      case 'grafana-rules/preview': return { status: 200, body: playedAnswer(body) }
      case 'alerts': return { status: 200, body: answers.alerts.filter(x => x.state === 'firing').map((x, i) => ({ fingerprint: `f${i}`, value: Number(x.value), threshold: { op: 'outside', value: 0.01, high: 0.9, unit: 'ratio' } })) }
      case 'heartbeat': {
        if (method === 'PUT') heartbeat = { url: 'https://hc.test/…', method: 'POST', intervalMs: 30_000, origin: 'ui', lastTryMs: nowMs - 20_000, lastOkMs: nowMs - 20_000, lastStatus: 200, failures: 0 }
        return heartbeat === undefined ? { status: 204, body: undefined } : { status: 200, body: heartbeat }
      }
      default: return undefined
    }
  }
  return {
    answer(method, path, body, answers, nowMs) {
      if (path === '/api/v2/alerts') return { status: 200, body: firing(answers) }
      if (path === '/api/v1/rules') {
        const rules = answers.rules.map(r => ({ type: 'alerting', name: r.title, query: r.expr, health: r.lastError === undefined ? 'ok' : 'err', evaluationTime: 0.002, lastEvaluation: new Date(nowMs - 4_000).toISOString(), state: r.state, duration: r.forMs / 1000, labels: r.labels, annotations: r.annotations }))
        const file = { type: 'alerting', name: 'DiskWillFill', query: 'predict_linear(node_filesystem_avail_bytes[6h], 86400) < 0', health: 'ok', evaluationTime: 0.004, lastEvaluation: new Date(nowMs - 9_000).toISOString(), state: 'inactive', duration: 600, labels: { severity: 'warning' }, annotations: { summary: 'The disk is full within a day' } }
        return { status: 200, body: { status: 'success', data: { groups: answers.rules.length === 0 ? [] : [{ name: 'Haechi', file: 'haechi:builtin', interval: 15, rules }, { name: 'disks', file: '/etc/prometheus/rules/disks.yml', interval: 60, rules: [file] }] } } }
      }
      if (method === 'GET' && path.startsWith('/api/v1/provisioning/alert-rules/')) return { status: 200, body: grafanaRules(nowMs).find(g => path.endsWith(g.uid))?.rule }
      if (path.startsWith('/api/v1/provisioning/')) return method === 'GET' ? { status: 200, body: provisioned(path) } : { status: method === 'POST' ? 201 : 200, body: body === '' ? {} : JSON.parse(body) as unknown }
      return path.startsWith('/api/haechi/v1/') ? own(method, path.slice(15), body, nowMs, answers) : undefined
    },
  }
}

// What is told to the receivers whose requests are recorded, and by which file. Read by the recorder and by the test.

/** `receiver.test`, `proxy.test` and `mail.test` stand for addresses of the recorder. */
export const CONFIG = {
  global: { resolve_timeout: '5m', smtp_smarthost: 'mail.test', smtp_from: 'am@test.example', smtp_require_tls: false, smtp_hello: 'localhost' },
  route: { receiver: 'all', group_by: ['alertname'], group_wait: '1s', group_interval: '1s', repeat_interval: '4h' },
  receivers: [{
    name: 'all',
    webhook_configs: [{ url: 'http://receiver.test/webhook' }, { url: 'http://receiver.test/webhook-one', max_alerts: 1 }],
    slack_configs: [
      { api_url: 'http://receiver.test/slack', send_resolved: true },
      {
        api_url: 'http://receiver.test/slack-full', send_resolved: true, channel: '#{{ .CommonLabels.job }}', username: '해치 {{ .Status }}', icon_emoji: ':fire:', icon_url: 'http://i.test/{{ .Status }}.png', link_names: true,
        color: '{{ if eq .Status "firing" }}#ff0000{{ else }}#00ff00{{ end }}', title: '경보 {{ .GroupLabels.alertname }} {{ range .Alerts }}{{ .Annotations.summary }}{{ end }}', title_link: '{{ .ExternalURL }}/x?a=1&b=<2>', pretext: 'p {{ len .Alerts.Firing }}',
        text: '{{ range .Alerts }}*{{ .Status }}* {{ .Annotations.summary | toUpper }}\n{{ end }}', message_text: 'm {{ .Receiver }}', footer: 'f {{ .NotificationReason }}', fallback: 'fb', callback_id: 'cb', short_fields: true, mrkdwn_in: ['text'], image_url: 'http://i.test/a.png', thumb_url: 'http://i.test/t.png',
        fields: [{ title: 'F {{ .Status }}', value: '값' }, { title: 'G', value: '{{ .CommonLabels.severity }}!', short: false }],
        actions: [
          { type: 'button', text: 'Look {{ .Status }}', url: '{{ .ExternalURL }}/a', style: 'primary' },
          { type: 'button', text: 'Do', name: 'n', value: 'v {{ .GroupLabels.alertname }}', confirm: { title: 'T', text: 'sure {{ .Status }}?', ok_text: 'yes', dismiss_text: 'no' } },
        ],
      },
      { api_url: 'https://slack.com/api/chat.postMessage', send_resolved: true, channel: '#c', update_message: true, http_config: { authorization: { credentials: 'slack-token' }, proxy_url: 'http://proxy.test', tls_config: { insecure_skip_verify: true } } },
    ],
    telegram_configs: [
      { api_url: 'http://receiver.test/tg', bot_token: '1:html', chat_id: -100123, message: '{{ template "telegram.default.message" . }}' },
      { api_url: 'http://receiver.test/tg', bot_token: '1:md', chat_id: 7, message_thread_id: 9, disable_notifications: true, parse_mode: 'MarkdownV2', message: '*{{ .Status }}* {{ .GroupLabels.alertname }} 한글 {{ range .Alerts }}{{ .Annotations.summary }}{{ end }}' },
      { api_url: 'http://receiver.test/tg', bot_token: '1:plain', chat_id: 7, parse_mode: '', message: '{{ range .Alerts }}{{ .Labels.team }} {{ .Annotations.summary }} {{ .StartsAt }}{{ end }}' },
    ],
    email_configs: [
      { to: 'a@test.example, Bea <b@test.example>', send_resolved: true, headers: { subject: '[{{ .Status }}] {{ .GroupLabels.alertname }} 주문', 'x-team': '{{ .CommonLabels.team }}' }, html: '<p>{{ .CommonLabels.team }} {{ range .Alerts }}{{ .Annotations.summary }}{{ end }}</p>', text: '{{ range .Alerts }}{{ .Status }} {{ .Annotations.summary }} 한글\n{{ end }}' },
      { to: 'c@test.example', send_resolved: true, html: '<b title="{{ .CommonLabels.team }}">{{ .Status }} 한글</b>', threading: { enabled: true, thread_by_date: 'none' } },
    ],
    msteams_configs: [
      { webhook_url: 'http://receiver.test/teams1', title: '{{ template "msteams.default.title" . }}', summary: '{{ template "msteams.default.summary" . }}', text: '{{ template "msteams.default.text" . }}' },
      { webhook_url: 'http://receiver.test/teams1-own', title: '경보 {{ .Status }}', summary: 's {{ len .Alerts }}', text: '{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}' },
    ],
    msteamsv2_configs: [
      { webhook_url: 'http://receiver.test/teams2', title: '{{ template "msteamsv2.default.title" . }}', text: '{{ template "msteamsv2.default.text" . }}' },
      { webhook_url: 'http://receiver.test/teams2-own', title: '경보 {{ .Status }}', text: '{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}' },
    ],
    pagerduty_configs: [
      { routing_key: 'pd-routing', url: 'http://receiver.test/pd' },
      {
        routing_key: 'pd-routing-2', url: 'http://receiver.test/pd-full', severity: 'critical', class: 'c {{ .Status }}', component: '주문', group: 'g', source: 's {{ .GroupLabels.alertname }}', description: '{{ range .Alerts }}{{ .Annotations.summary }} {{ end }}', client: 'cl', client_url: 'http://c.test/?a=1&b=2',
        details: { note: '{{ .CommonAnnotations.note }}', firing: 'own' }, images: [{ src: 'http://i.test/a.png', alt: 'a {{ .Status }}', href: 'http://i.test' }, { src: '', alt: 'none' }], links: [{ href: 'http://l.test', text: '링크' }],
      },
      { service_key: 'pd-service', http_config: { proxy_url: 'http://proxy.test', tls_config: { insecure_skip_verify: true } } },
    ],
    opsgenie_configs: [
      { api_key: 'og-key', api_url: 'http://receiver.test/og/' },
      {
        api_key: 'og-key-2', api_url: 'http://receiver.test/ogfull/', message: '경보 {{ .GroupLabels.alertname }} {{ range .Alerts }}{{ .Annotations.summary }}{{ end }}', description: 'd {{ .Status }}', source: 'src', entity: 'e {{ .CommonLabels.job }}', note: 'n', priority: 'P2', tags: 'a, b,,{{ .CommonLabels.severity }}', actions: 'x,y', update_alerts: true,
        details: { own: '{{ .Status }}', job: 'overridden' }, responders: [{ type: 'team', name: '{{ .CommonLabels.job }}' }, { type: 'teams', name: 'one, two,' }, { type: 'user', username: 'u@test.example' }, { type: 'escalation', id: 'e1' }],
      },
    ],
    discord_configs: [
      { webhook_url: 'http://receiver.test/discord', title: '{{ template "discord.default.title" . }}', message: '{{ template "discord.default.message" . }}' },
      { webhook_url: 'http://receiver.test/discord-full', title: '경보 {{ .Status }} {{ range .Alerts }}{{ .Annotations.summary }}{{ end }}', message: '{{ range .Alerts }}{{ .Annotations.note }}{{ .Annotations.summary }}{{ end }}', content: 'c {{ .GroupLabels.alertname }}', username: '해치', avatar_url: 'http://i.test/a.png' },
    ],
  }],
}

const alert = (alertname, job, more = {}) => ({
  labels: { alertname, job, severity: 'critical', team: 'a<b&c"d\'e' }, annotations: { summary: `${job} <fails> & "more" 실패`, note: '한글 — «x»' }, generatorURL: 'http://h:9090/graph?g0.expr=a%3E1&g0.tab=1', ...more,
})
const over = a => ({ ...a, resolved: true })
const ONE = alert('One', 'orders')
const [A, B, C] = ['orders', 'pay', 'stock'].map(job => alert('Several', job))
const LONG = alert('Long', 'orders', { annotations: { summary: `한글 <x> ${'가bcdefghi '.repeat(430)}`, note: 'n'.repeat(200) } })
const BARE = { labels: { alertname: 'Bare' }, annotations: {} }
const HUGE = alert('Huge', 'orders', { annotations: { summary: 'x'.repeat(600_000) } })

/** Of what fires in the future, so that groups wait; of what ended in the past. */
export const FIRING = { startsAt: '2035-01-01T05:02:00Z', endsAt: '2036-01-01T00:00:00Z' }
export const RESOLVED = { startsAt: '2026-03-01T05:02:00Z', endsAt: '2026-03-01T05:12:00Z' }

/** `post` is what is posted; `alerts` is what the message of the step is about. */
export const STEPS = [
  { name: 'one fires', post: [ONE], alerts: [ONE], reason: 'first notification' },
  { name: 'one ended', post: [over(ONE)], alerts: [over(ONE)], reason: 'all alerts resolved' },
  { name: 'two fire', post: [A, B], alerts: [A, B], reason: 'first notification' },
  { name: 'a third', post: [C], alerts: [A, B, C], reason: 'new alerts added' },
  { name: 'one of three ended', post: [over(B)], alerts: [A, over(B), C], reason: 'some alerts resolved' },
  { name: 'all ended', post: [over(A), over(C)], alerts: [over(A), over(C)], reason: 'all alerts resolved' },
  { name: 'long texts', post: [LONG], alerts: [LONG], reason: 'first notification' },
  { name: 'no annotations', post: [BARE], alerts: [BARE], reason: 'first notification' },
  { name: 'no annotations, ended', post: [over(BARE)], alerts: [over(BARE)], reason: 'all alerts resolved' },
  { name: 'larger than PagerDuty takes', post: [HUGE], alerts: [HUGE], reason: 'first notification', only: '^/pd$|create_event' },
]

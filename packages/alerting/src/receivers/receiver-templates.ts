// Default texts of receivers that only `alertmanager.yml` writes. They print what Alertmanager's print. @see the reference of its notification templates

/** The worst severity of a list as a priority; '' where none of the three is there. */
const priorityOf = (list: string): string => `{{ range ${list} }}{{ if eq .Labels.severity "critical" }}{{ $p = "High" }}{{ else if and (eq .Labels.severity "warning") (ne $p "High") }}{{ $p = "Medium" -}}
  {{ else if and (eq .Labels.severity "info") (eq $p "") }}{{ $p = "Low" }}{{ end }}{{ end }}`

/** Sections of firing and resolved alerts, each with what stands before, between and behind. */
const sections = (open: string, list: string, close: string, between: string): string => ['Firing', 'Resolved']
  .map(state => `{{ if .Alerts.${state} }}{{ "${open}Alerts ${state}:\\n" }}{{ template "${list}" .Alerts.${state} }}{{ "${close}" }}{{ end }}`).join(`{{ "${between}" }}`)

const NOTES = '{{ .CommonAnnotations.SortedPairs.Values | join " " }}{{ "\\n" }}'
const SPACED = `${NOTES}${sections('\\n', '__text_alert_list', '\\n', '\\n')}{{ "\\n" }}`
const MARKDOWN = `{{ "\\n" }}${sections('\\n# ', '__markdown_list', '\\n', '\\n')}{{ "\\n" }}`
const define = (name: string, text: string): string => `{{- define "${name}" }}${text}{{ end -}}`
const SUBJECT = '{{ template "__subject" . }}'
const URL = '{{ template "__alertmanagerURL" . }}'

/** Definitions, to be parsed with the others. */
export const RECEIVER_TEMPLATES: string = [
  define('__markdown_pairs', '{{ range .SortedPairs }}{{ "  - " }}{{ .Name }} = {{ .Value }}{{ "\\n" }}{{ end }}'),
  define('__markdown_list', '{{ range . }}{{ "\\nLabels:\\n" }}{{ template "__markdown_pairs" .Labels }}{{ "\\nAnnotations:\\n" }}{{ template "__markdown_pairs" .Annotations }}{{ "\\nSource: " }}{{ .GeneratorURL }}{{ "\\n" }}{{ end }}{{ "\\n" }}'),
  define('pushover.default.title', SUBJECT), define('pushover.default.message', SPACED), define('pushover.default.url', URL),
  define('sns.default.subject', SUBJECT), define('sns.default.message', SPACED),
  define('victorops.default.state_message', `${NOTES}${sections('', '__text_alert_list', '', '\\n')}`), define('victorops.default.entity_display_name', SUBJECT), define('victorops.default.monitoring_tool', '{{ template "__alertmanager" . }}'),
  define('webex.default.message', SPACED),
  define('wechat.default.message', `${SUBJECT}{{ "\\n" }}${NOTES}${sections('', '__text_alert_list', '', '\\n')}{{ "\\nAlertmanagerUrl:\\n" }}${URL}`),
  ...['to_user', 'to_party', 'to_tag', 'agent_id'].map(name => define(`wechat.default.${name}`, '')),
  define('rocketchat.default.title', SUBJECT), define('rocketchat.default.titlelink', URL), define('rocketchat.default.alias', '{{ template "__alertmanager" . }}'),
  ...['emoji', 'iconurl', 'text'].map(name => define(`rocketchat.default.${name}`, '')),
  define('mattermost.default.color', '{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}'), define('mattermost.default.username', '{{ template "__alertmanager" . }}'), define('mattermost.default.title', SUBJECT),
  define('mattermost.default.titlelink', URL), define('mattermost.default.fallback', `${SUBJECT} | ${URL}`), define('mattermost.default.text', MARKDOWN),
  define('jira.default.summary', SUBJECT), define('jira.default.description', MARKDOWN),
  define('jira.default.priority', `{{ $p := "" }}${priorityOf('.Alerts.Firing')}{{ if eq $p "" }}${priorityOf('.Alerts.Resolved')}{{ end }}{{ $p }}`),
].join('\n')

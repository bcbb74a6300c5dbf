import { compareText } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { GoMap, TemplateSet, ZERO_TIME_MS, alertmanagerFunctions, formatFloat, notificationData } from '@haechi/template'
import { commonPairs } from './notification.ts'
import type { Notification, NotificationAlert } from './notification.ts'
import { payloadFunctions } from './payload-functions.ts'
import { RECEIVER_TEMPLATES } from './receivers/receiver-templates.ts'

/** A file of `templates`. */
export interface TemplateFile {
  /** For messages of errors. */
  readonly name: string
  readonly text: string
}

/**
 * The built-in templates that texts of `alertmanager.yml` call by name; they print what Alertmanager's print, under our name and address.
 * @see the reference of Alertmanager's notification templates
 */
const BUILT_IN = `
{{- define "__alertmanager" }}Haechi{{ end -}}
{{- define "__alertmanagerURL" }}{{ .ExternalURL }}/alerts{{ end -}}
{{- define "__subject" }}[{{ toUpper .Status }}{{ if eq .Status "firing" }}:{{ len .Alerts.Firing }}{{ end }}] {{ join " " .GroupLabels.SortedPairs.Values }} {{ if lt (len .GroupLabels) (len .CommonLabels) -}}
  ({{ with .CommonLabels.Remove .GroupLabels.Names }}{{ join " " .Values }}{{ end }}){{ end }}{{ end -}}
{{- define "__pairs" }}{{ range .SortedPairs }}{{ " - " }}{{ .Name }} = {{ .Value }}{{ "\\n" }}{{ end }}{{ end -}}
{{- define "__text_alert_list" }}{{ range . }}{{ "Labels:\\n" }}{{ template "__pairs" .Labels }}{{ "Annotations:\\n" }}{{ template "__pairs" .Annotations }}Source: {{ .GeneratorURL }}{{ "\\n" }}{{ end }}{{ end -}}
{{- define "__states" }}{{ "\\n" }}{{ if .Alerts.Firing }}{{ "\\nAlerts Firing:\\n" }}{{ template "__text_alert_list" .Alerts.Firing }}{{ "\\n" }}{{ end }}{{ "\\n" -}}
  {{ if .Alerts.Resolved }}{{ "\\nAlerts Resolved:\\n" }}{{ template "__text_alert_list" .Alerts.Resolved }}{{ "\\n" }}{{ end }}{{ "\\n" }}{{ end -}}
{{- define "__pairs_md" }}{{ range .SortedPairs }}{{ "  - " }}{{ .Name }} = {{ .Value }}{{ "\\n" }}{{ end }}{{ end -}}
{{- define "__text_alert_list_markdown" }}{{ range . }}{{ "\\nLabels:\\n" }}{{ template "__pairs_md" .Labels }}{{ "\\nAnnotations:\\n" }}{{ template "__pairs_md" .Annotations }}{{ "\\nSource: " }}{{ .GeneratorURL }}{{ "\\n" }}{{ end }}{{ end -}}
{{- define "__states_md" }}{{ "\\n" }}{{ if .Alerts.Firing }}{{ "\\n# Alerts Firing:\\n" }}{{ template "__text_alert_list_markdown" .Alerts.Firing }}{{ "\\n\\n" }}{{ end }}{{ "\\n" -}}
  {{ if .Alerts.Resolved }}{{ "\\n# Alerts Resolved:\\n" }}{{ template "__text_alert_list_markdown" .Alerts.Resolved }}{{ "\\n\\n" }}{{ end }}{{ "\\n" }}{{ end -}}
{{- define "discord.default.title" }}{{ template "__subject" . }}{{ end -}}
{{- define "discord.default.message" }}{{ template "__states" . }}{{ end -}}
{{- define "discord.default.content" }}{{ end -}}
{{- define "slack.default.title" }}{{ template "__subject" . }}{{ end -}}
{{- define "slack.default.username" }}{{ template "__alertmanager" . }}{{ end -}}
{{- define "slack.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end -}}
{{- define "slack.default.fallback" }}{{ template "slack.default.title" . }} | {{ template "slack.default.titlelink" . }}{{ end -}}
{{- define "slack.default.color" }}{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}{{ end -}}
{{- define "slack.default.callbackid" }}{{ end }}{{ define "slack.default.pretext" }}{{ end }}{{ define "slack.default.text" }}{{ end }}{{ define "slack.default.iconemoji" }}{{ end -}}
{{- define "slack.default.iconurl" }}{{ end }}{{ define "slack.default.footer" }}{{ end -}}
{{- define "email.default.subject" }}{{ template "__subject" . }}{{ end -}}
{{- define "email.default.html" }}<pre>{{ template "__states" . }}</pre>{{ end -}}
{{- define "telegram.default.message" }}{{ template "__states" . }}{{ end -}}
{{- define "msteams.default.summary" }}{{ template "__subject" . }}{{ end }}{{ define "msteams.default.title" }}{{ template "__subject" . }}{{ end }}{{ define "msteams.default.text" }}{{ template "__states_md" . }}{{ end -}}
{{- define "msteamsv2.default.title" }}{{ template "__subject" . }}{{ end }}{{ define "msteamsv2.default.text" }}{{ template "__states_md" . }}{{ end -}}
{{- define "pagerduty.default.description" }}{{ template "__subject" . }}{{ end -}}
{{- define "pagerduty.default.client" }}{{ template "__alertmanager" . }}{{ end }}{{ define "pagerduty.default.clientURL" }}{{ template "__alertmanagerURL" . }}{{ end -}}
{{- define "pagerduty.default.instances" }}{{ template "__text_alert_list" . }}{{ end -}}
{{- define "opsgenie.default.message" }}{{ template "__subject" . }}{{ end }}{{ define "opsgenie.default.description" }}{{ .CommonAnnotations.SortedPairs.Values | join " " }}{{ if .Alerts.Firing }}{{ "\\nAlerts Firing:\\n" }}{{ template "__text_alert_list" .Alerts.Firing }}{{ end }}{{ "\\n" -}}
  {{ if .Alerts.Resolved }}{{ "Alerts Resolved:\\n" }}{{ template "__text_alert_list" .Alerts.Resolved }}{{ end }}{{ end -}}
{{- define "opsgenie.default.source" }}{{ template "__alertmanagerURL" . }}{{ end -}}
{{- define "default.title" }}[{{ toUpper .Status }}{{ if eq .Status "firing" }}:{{ len .Alerts.Firing }}{{ if .Alerts.Resolved }}, RESOLVED:{{ len .Alerts.Resolved }}{{ end }}{{ end }}] {{ join " " .GroupLabels.SortedPairs.Values }} {{ if lt (len .GroupLabels) (len .CommonLabels) -}}
  ({{ with .CommonLabels.Remove .GroupLabels.Names }}{{ join " " .Values }}{{ end }}){{ end }}{{ end -}}
{{- define "__values" }}{{ if len .Values }}{{ $first := true }}{{ range $ref, $v := .Values }}{{ if $first }}{{ $first = false }}{{ else }}, {{ end }}{{ $ref }}={{ $v }}{{ end }}{{ else }}[no value]{{ end }}{{ end -}}
{{- define "__alert_texts" }}{{ range . }}{{ "\\nValue: " }}{{ template "__values" . }}{{ "\\nLabels:\\n" }}{{ template "__pairs" .Labels }}{{ "Annotations:\\n" }}{{ template "__pairs" .Annotations -}}
  {{ if .GeneratorURL }}Source: {{ .GeneratorURL }}{{ "\\n" }}{{ end }}{{ if .SilenceURL }}Silence: {{ .SilenceURL }}{{ "\\n" }}{{ end }}{{ if .DashboardURL }}Dashboard: {{ .DashboardURL }}{{ "\\n" }}{{ end }}{{ if .PanelURL }}Panel: {{ .PanelURL }}{{ "\\n" }}{{ end }}{{ end }}{{ end -}}
{{- define "default.message" }}{{ if .Alerts.Firing }}{{ "**Firing**\\n" }}{{ template "__alert_texts" .Alerts.Firing }}{{ if .Alerts.Resolved }}{{ "\\n\\n" }}{{ end }}{{ end }}{{ if .Alerts.Resolved }}{{ "**Resolved**\\n" }}{{ template "__alert_texts" .Alerts.Resolved }}{{ end }}{{ end -}}
{{- define "__links_md" }}{{ range . }}{{ "\\nValue: " }}{{ template "__values" . }}{{ "\\nLabels:\\n" }}{{ range .Labels.SortedPairs }}{{ " - " }}{{ .Name }} = {{ .Value }}{{ "\\n\\n" }}{{ end }}{{ "Annotations:\\n" }}{{ range .Annotations.SortedPairs }}{{ " - " }}{{ .Name }} = {{ .Value }}{{ "\\n\\n" }}{{ end -}}
  {{ if .GeneratorURL }}Source: [{{ .GeneratorURL }}]({{ .GeneratorURL }}){{ "\\n\\n" }}{{ end }}{{ if .SilenceURL }}Silence: [{{ .SilenceURL }}]({{ .SilenceURL }}){{ "\\n\\n" }}{{ end }}{{ if .DashboardURL }}Dashboard: [{{ .DashboardURL }}]({{ .DashboardURL }}){{ "\\n\\n" }}{{ end }}{{ if .PanelURL }}Panel: [{{ .PanelURL }}]({{ .PanelURL }}){{ "\\n\\n" }}{{ end }}{{ end }}{{ end -}}
{{- define "teams.default.message" }}{{ if .Alerts.Firing }}{{ "**Firing**\\n" }}{{ template "__links_md" .Alerts.Firing }}{{ "\\n\\n" }}{{ end }}{{ if .Alerts.Resolved }}{{ "**Resolved**\\n" }}{{ template "__links_md" .Alerts.Resolved }}{{ end }}{{ end -}}
{{- define "default.color" }}{{ if eq .Status "firing" }}#D63232{{ else }}#36a64f{{ end }}{{ end -}}
`

/** How texts are made. */
export interface TextOptions {
  /** `html`: what alerts hold is escaped. */
  readonly markup?: 'text' | 'html'
  /** Further members of the dot. */
  readonly data?: Readonly<Record<string, unknown>>
  /** With the functions of Grafana's payloads. */
  readonly payload?: boolean
}

/** @throws TemplateSyntaxError with Go's text */
export function templateSet(files: readonly TemplateFile[], nowMs: number, payload: boolean = false): TemplateSet {
  const functions = new Map(alertmanagerFunctions({ nowMs }))
  if (payload) {
    for (const [name, f] of payloadFunctions(nowMs, (called, data) => set.execute(called, data), (source, data) => {
      set.parse('__inline', source)
      return set.execute('__inline', data)
    })) functions.set(name, f)
  }
  const set = new TemplateSet(functions)
  set.parse('default.tmpl', BUILT_IN)
  set.parse('receivers.tmpl', RECEIVER_TEMPLATES)
  for (const f of files) set.parse(f.name, f.text)
  return set
}

/**
 * The texts of a message, each source run as a template.
 * @throws TemplateSyntaxError or TemplateExecError with Go's text
 */
export function messageTexts(sources: Readonly<Record<string, string>>, files: readonly TemplateFile[], n: Notification, nowMs: number, options: TextOptions = {}): Record<string, string> {
  const set = templateSet(files, nowMs, options.payload)
  // What alerts hold is data, never markup.
  const safe = options.markup === 'html' ? escapeHtml : (text: string): string => text
  const pairs = (labels: Labels): [string, string][] => pairList(labels).map(([name, value]): [string, string] => [safe(name), safe(value)])
  const data = notificationData({
    receiver: safe(quoteMeta(n.receiver)), status: n.status, groupLabels: pairs(n.groupLabels), commonLabels: pairs(commonPairs(n.alerts.map(a => a.labels))),
    commonAnnotations: pairs(commonPairs(n.alerts.map(a => a.annotations))), externalUrl: n.externalUrl, notificationReason: n.reason,
    extra: { GroupKey: safe(n.groupKey), TruncatedAlerts: BigInt(n.truncatedAlerts), OrgID: 1n, AppVersion: '', ...options.data },
    alerts: n.alerts.map(a => ({
      status: a.status, labels: pairs(a.labels), annotations: pairs(a.annotations), startsAtMs: a.startsAtMs, endsAtMs: a.endsAtMs ?? ZERO_TIME_MS, generatorUrl: safe(a.generatorUrl), fingerprint: a.fingerprint,
      extra: {
        Values: new GoMap(new Map(Object.entries(alertValues(a) ?? {}).sort(([x], [y]) => compareText(x, y)))), ValueString: safe(alertValueString(a)), SilenceURL: safe(a.silenceUrl ?? ''), DashboardURL: safe(a.dashboardUrl ?? ''),
        PanelURL: safe(a.panelUrl ?? ''), ImageURL: '', RuleUID: a.ruleUid ?? '', OrgID: 1n,
      },
    })),
  })
  const out: Record<string, string> = {}
  for (const [key, source] of Object.entries(sources)) {
    if (!source.includes('{{')) {
      out[key] = source
      continue
    }
    set.parse('', source)
    out[key] = set.execute('', data)
  }
  return out
}

/** Grafana's results by refId; a plain value counts as A. Null: none. */
export function alertValues(a: NotificationAlert): Readonly<Record<string, number>> | null {
  if (a.values !== undefined) return a.values
  return a.value === undefined || !Number.isFinite(a.value) ? null : { A: a.value }
}

/** Grafana's text of all values: `[ var='A' labels={…} value=1 ]`. */
export function alertValueString(a: NotificationAlert): string {
  if (a.valueString !== undefined) return a.valueString
  const labels = pairList(a.labels).filter(([n]) => n !== 'alertname').map(([n, v]) => `${n}=${v}`).join(', ')
  return Object.entries(alertValues(a) ?? {}).map(([ref, v]) => `[ var='${ref}' labels={${labels}} value=${formatFloat(v)} ]`).join(', ')
}

/** A text that HTML shows as it is. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&#34;').replaceAll("'", '&#39;')
}

/** Go's regexp.QuoteMeta: Alertmanager's links ask for the receiver by an expression. */
export function quoteMeta(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')
}

/** At most `limit` characters, the last one an ellipsis where something was cut. @see alertmanager notify `TruncateInRunes` */
export function truncated(text: string, limit: number): string {
  const runes = [...text]
  return runes.length <= limit ? text : `${runes.slice(0, limit - 1).join('')}…`
}

function pairList(labels: Labels): [string, string][] {
  const out: [string, string][] = []
  for (let i = 0; i < labels.length; i += 2) out.push([labels[i]!, labels[i + 1]!])
  return out
}

import type { Labels } from '@haechi/model'
import { TemplateSet, ZERO_TIME_MS, alertmanagerFunctions, notificationData } from '@haechi/template'
import { commonPairs } from './notification.ts'
import type { Notification } from './notification.ts'

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
`

/** @throws TemplateSyntaxError with Go's text */
export function templateSet(files: readonly TemplateFile[], nowMs: number): TemplateSet {
  const set = new TemplateSet(alertmanagerFunctions({ nowMs }))
  set.parse('default.tmpl', BUILT_IN)
  for (const f of files) set.parse(f.name, f.text)
  return set
}

/**
 * The texts of a message, each source run as a template.
 * @throws TemplateSyntaxError or TemplateExecError with Go's text
 */
export function messageTexts(sources: Readonly<Record<string, string>>, files: readonly TemplateFile[], n: Notification, nowMs: number): Record<string, string> {
  const set = templateSet(files, nowMs)
  const data = notificationData({
    receiver: quoteMeta(n.receiver), status: n.status, groupLabels: pairs(n.groupLabels), commonLabels: pairs(commonPairs(n.alerts.map(a => a.labels))),
    commonAnnotations: pairs(commonPairs(n.alerts.map(a => a.annotations))), externalUrl: n.externalUrl, notificationReason: n.reason,
    alerts: n.alerts.map(a => ({
      status: a.status, labels: pairs(a.labels), annotations: pairs(a.annotations), startsAtMs: a.startsAtMs, endsAtMs: a.endsAtMs ?? ZERO_TIME_MS, generatorUrl: a.generatorUrl, fingerprint: a.fingerprint,
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

/** Go's regexp.QuoteMeta: Alertmanager's links ask for the receiver by an expression. */
export function quoteMeta(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')
}

/** At most `limit` characters, the last one an ellipsis where something was cut. @see alertmanager notify `TruncateInRunes` */
export function truncated(text: string, limit: number): string {
  const runes = [...text]
  return runes.length <= limit ? text : `${runes.slice(0, limit - 1).join('')}…`
}

function pairs(labels: Labels): [string, string][] {
  const out: [string, string][] = []
  for (let i = 0; i < labels.length; i += 2) out.push([labels[i]!, labels[i + 1]!])
  return out
}

import { Secret } from '@haechi/model'
import type { Fields } from '@haechi/model'
import { secretUrl } from '../../config/file-contact-point.ts'
import type { FileContactPoint } from '../../config/file-contact-point.ts'
import { httpConfig } from '../../config/http-config.ts'

const API_TYPES = ['auto', 'cloud', 'datacenter'] as const

/** One element of `jira_configs`. @throws ConfigError with Alertmanager's reasons @see alertmanager notify/jira */
export function jiraFileConfig(f: Fields, warnings: string[], globalUrl: string): FileContactPoint {
  const project = f.string('project', '')
  if (project === '') throw f.error(undefined, 'missing project in jira_config')
  const issueType = f.string('issue_type', '')
  if (issueType === '') throw f.error(undefined, 'missing issue_type in jira_config')
  const written = f.string('api_type', 'auto')
  const apiType = API_TYPES.find(t => t === written)
  if (apiType === undefined) throw f.error('api_type', 'unknown api_type on jira_config, must be auto, cloud or datacenter')
  const url = f.string('api_url', globalUrl)
  if (url === '') throw f.error(undefined, 'no global Jira Cloud URL set')
  const [summary, updateSummary] = field(f, 'summary', '{{ template "jira.default.summary" . }}')
  const [description, updateDescription] = field(f, 'description', '{{ template "jira.default.description" . }}')
  const texts: Record<string, string> = { project, issue_type: issueType, summary, description, priority: f.string('priority', '{{ template "jira.default.priority" . }}') }
  const labels = f.strings('labels', [])
  labels.forEach((label, i) => { texts[`label ${i}`] = label })
  const fields = f.raw('fields')
  const point: FileContactPoint = {
    settings: {
      type: 'jira', sendResolved: f.boolean('send_resolved', true), texts, jira: {
        apiType, labels: labels.length, fields: typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : {}, updateSummary, updateDescription,
        reopenTransition: f.string('reopen_transition', ''), resolveTransition: f.string('resolve_transition', ''), wontFixResolution: f.string('wont_fix_resolution', ''), reopenMinutes: Math.floor(f.durationMs('reopen_duration', 0) / 60_000),
      },
    },
    url: secretUrl(f, 'api_url', new Secret(url)), http: httpConfig(f.fields('http_config'), warnings),
  }
  f.done()
  return point
}

/** A text, or a text with whether it is written again into an issue that is there. */
function field(f: Fields, key: string, usual: string): [text: string, update: boolean] {
  const raw = f.has(key) ? f.raw(key) : undefined
  if (typeof raw !== 'object' || raw === null) return [f.string(key, usual), true]
  const own = f.fields(key)!
  const out: [string, boolean] = [own.string('template', ''), own.boolean('enable_update', true)]
  own.done()
  return out
}

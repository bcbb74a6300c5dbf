import { createHash } from 'node:crypto'
import { goQuote } from '@haechi/model'
import { messageTexts, truncated } from '../../message-templates.ts'
import type { Notifier } from '../../notification.ts'
import { templatedJson } from '../../payload-templates.ts'
import type { ContactPoint } from '../../views.ts'
import { goJson } from '../go-json.ts'
import { answerObject } from '../http-notifier.ts'
import { StepRefused, steppedNotifier } from '../http-steps.ts'
import type { SendStep } from '../http-steps.ts'
import type { NotifierContext } from '../notifier-context.ts'
import type { JiraSettings } from '../settings.ts'
import { defaultTitle } from '../webhook/body.ts'
import { httpUrl } from '../webhook/config.ts'

const LIMITS = { summary: 255, description: 32_767 } as const

/** An issue that a search found. */
interface FoundIssue { readonly key: string; readonly done: boolean | undefined }

/** Opens, updates, closes and opens again an issue of Jira for each group. @throws Error when the settings are missing */
export function createJiraNotifier(c: ContactPoint, context: NotifierContext): Notifier {
  const s = c.jira
  if (s === undefined) throw new Error('a Jira contact point needs a project')
  const base = httpUrl(c.url).replace(/\/*$/, '')
  return steppedNotifier({
    service: 'Jira', title: defaultTitle, headers: { 'accept-language': 'en' },
    prepare(n) {
      const nowMs = context.clock.nowMs()
      const t = messageTexts(c.texts ?? {}, context.templates, n, nowMs)
      const label = `ALERT{${createHash('sha256').update(n.groupKey).digest('hex')}}`
      const firing = n.alerts.some(a => a.status === 'firing')
      const fields = issueFields(base, s, t, label, templatedJson(s.fields, n, context.templates, nowMs) as Record<string, unknown>)
      return async send => {
        const found = await search(send, base, s, t['project']!, label, firing)
        if (found === undefined) {
          // What has ended opens nothing.
          if (n.status === 'firing') await send({ method: 'POST', url: `${base}/issue`, body: goJson({ fields }) })
          return
        }
        const kept = Object.entries(fields).filter(([name]) => !(name === 'description' && !s.updateDescription) && !(name === 'summary' && !s.updateSummary))
        await send({ method: 'PUT', url: `${base}/issue/${found.key}`, body: goJson({ fields: Object.fromEntries(kept) }) })
        await moveOn(send, base, s, found, firing)
      }
    },
  }, c, context)
}

/** The members of an issue in the order of their names. @throws Error when a description for version 3 of the API is no JSON */
function issueFields(base: string, s: JiraSettings, t: Readonly<Record<string, string>>, label: string, own: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const labels = [...Array.from({ length: s.labels }, (_x, i) => t[`label ${i}`]!), label].sort()
  const all: Record<string, unknown> = {
    summary: truncated(t['summary']!, LIMITS.summary), issuetype: { name: t['issue_type'] === '' ? undefined : t['issue_type'] }, labels, ...(t['priority'] === '' ? {} : { priority: { name: t['priority'] } }), project: { key: t['project'] },
    ...description(truncated(t['description']!, LIMITS.description), new URL(base).pathname.endsWith('/3')), ...own,
  }
  return Object.fromEntries(Object.keys(all).sort().map(name => [name, all[name]]))
}

/** Version 3 takes a document, earlier ones a text. */
function description(text: string, asDocument: boolean): Record<string, unknown> {
  if (!asDocument) return text === '' ? {} : { description: text }
  if (text.trim() === '') return {}
  try {
    return { description: JSON.parse(text) as unknown }
  } catch {
    throw new Error('description template: invalid JSON for API v3')
  }
}

async function search(send: SendStep, base: string, s: JiraSettings, project: string, label: string, firing: boolean): Promise<FoundIssue | undefined> {
  const open = firing && s.reopenTransition !== '' && s.reopenMinutes > 0 ? `(resolutiondate is EMPTY OR resolutiondate >= -${s.reopenMinutes}m)` : 'statusCategory != Done'
  const jql = `${s.wontFixResolution === '' ? '' : `(resolution is EMPTY or resolution != ${goQuote(s.wontFixResolution)}) and `}${open} and project=${goQuote(project)} and labels=${goQuote(label)} order by status ASC,resolutiondate DESC`
  const cloud = s.apiType === 'cloud' || (s.apiType === 'auto' && new URL(base).host.endsWith('atlassian.net'))
  const url = cloud ? `${base}/search/jql`.replace('/rest/api/2/', '/rest/api/3/') : `${base}/search`
  const answer = answerObject(await send({ method: 'POST', url, body: goJson({ fields: ['status'], jql, maxResults: 2 }) }))
  const issue = Array.isArray(answer['issues']) ? (answer['issues'][0] as { key?: unknown; fields?: { status?: { statusCategory?: { key?: unknown } } } } | undefined) : undefined
  if (typeof issue?.key !== 'string') return undefined
  const status = issue.fields?.status
  return { key: encodeURIComponent(issue.key), done: status === undefined ? undefined : status.statusCategory?.key === 'done' }
}

/** Closes the issue of a group that has ended, or opens it again, where the settings name the transition. */
async function moveOn(send: SendStep, base: string, s: JiraSettings, issue: FoundIssue, firing: boolean): Promise<void> {
  if (issue.done === undefined || issue.done !== firing) return
  const name = firing ? s.reopenTransition : s.resolveTransition
  if (name === '') return
  const url = `${base}/issue/${issue.key}/transitions`
  const { transitions } = answerObject(await send({ method: 'GET', url, body: '' }))
  const found = Array.isArray(transitions) ? (transitions as { id?: unknown; name?: unknown }[]).find(x => x.name === name) : undefined
  if (typeof found?.id !== 'string') throw new StepRefused(`can't find transition ${name} for issue ${issue.key}`)
  await send({ method: 'POST', url, body: goJson({ transition: { id: found.id } }) })
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { paramsOf, userOf } from '../request-context.ts'
import type { Annotation, AnnotationDraft } from '../state/annotations.ts'
import { fail, jsonObject, knownBoards, positive, send, textAt } from './answers.ts'
import type { AddRoute, GrafanaDeps, GrafanaOptions, Json } from './answers.ts'

const MAX_LIMIT = 10_000
const MAX_TEXT = 50_000

/** Annotations: what people and deploy scripts write beside the charts. */
export function registerAnnotations(route: AddRoute, deps: GrafanaDeps, options: GrafanaOptions): void {
  const { annotations } = deps.state
  const shown = (a: Annotation): Json => ({
    id: a.id, alertId: 0, alertName: '', dashboardId: 0, dashboardUID: a.dashboardUid === '' ? null : a.dashboardUid, panelId: a.panelId, userId: 0, newState: '', prevState: '', created: a.createdMs,
    updated: a.updatedMs, time: a.fromMs, timeEnd: a.toMs, text: a.text, tags: a.tags, login: a.author, email: '', avatarUrl: '', data: {},
  })
  const found = async (request: FastifyRequest, reply: FastifyReply): Promise<Annotation | FastifyReply> =>
    (await annotations.get(Number((request.params as { id: string }).id))) ?? fail(reply, 404, 'Annotation not found')

  route('GET', '/annotations', async (request, reply) => {
    const params = paramsOf(request)
    // Alerts keep their history elsewhere: asked for alone, there is none here.
    if (params.get('type') === 'alert' || params.get('alertUID') !== '') return send(reply, [])
    const number = (name: string): number | undefined => (params.get(name) === '' || !Number.isFinite(Number(params.get(name))) ? undefined : Number(params.get(name)))
    const [fromMs, toMs, panelId] = [number('from'), number('to'), number('panelId')]
    const dashboardUid = params.get('dashboardUID')
    return send(reply, (await annotations.find({
      ...(fromMs !== undefined && { fromMs }), ...(toMs !== undefined && { toMs }), ...(panelId !== undefined && { panelId }), ...(dashboardUid !== '' && { dashboardUid }),
      tags: params.all('tags'), matchAny: params.get('matchAny') === 'true', limit: Math.min(positive(params.get('limit'), 100), MAX_LIMIT),
    })).map(shown))
  })

  route('GET', '/annotations/tags', async (request, reply) => {
    const params = paramsOf(request)
    const wanted = params.get('tag').toLowerCase()
    return send(reply, { result: { tags: (await annotations.tags()).filter(t => t.tag.toLowerCase().includes(wanted)).slice(0, positive(params.get('limit'), 100)) } })
  })

  route('GET', '/annotations/:id', async (request, reply) => {
    const a = await found(request, reply)
    return 'fromMs' in a ? send(reply, shown(a)) : a
  })

  route('POST', '/annotations', async (request, reply) => {
    const draft = draftOf(jsonObject(request.body), { dashboardUid: '', panelId: 0, fromMs: options.nowMs(), toMs: NaN, text: '', tags: [], author: userOf(request) })
    if (typeof draft === 'string') return fail(reply, 400, draft)
    if (draft.dashboardUid !== '' && !(await knownBoards(deps)).some(b => b.uid === draft.dashboardUid)) return fail(reply, 400, 'Dashboard not found')
    return send(reply, { id: await annotations.add(draft), message: 'Annotation added' })
  })

  route('POST', '/annotations/graphite', async (request, reply) => {
    const body = jsonObject(request.body)
    const what = textAt(body, 'what')
    if (what === '') return fail(reply, 400, 'what field should not be empty')
    const tags = body?.['tags']
    const given = typeof tags === 'string' ? tags.split(' ').filter(t => t !== '') : tags ?? []
    if (!isTexts(given)) return fail(reply, 400, 'tags must be a text or a list of texts')
    const when = body?.['when']
    const fromMs = typeof when === 'number' && Number.isFinite(when) ? Math.round(when * 1000) : options.nowMs()
    const data = textAt(body, 'data')
    return send(reply, { id: await annotations.add({ dashboardUid: '', panelId: 0, fromMs, toMs: fromMs, text: data === '' ? what : `${what}\n${data}`, tags: given, author: userOf(request) }), message: 'Graphite annotation added' })
  })

  for (const method of ['PUT', 'PATCH'] as const) {
    route(method, '/annotations/:id', async (request, reply) => {
      const old = await found(request, reply)
      if (!('fromMs' in old)) return old
      // PUT says everything anew, PATCH what changes.
      const draft = draftOf(jsonObject(request.body), method === 'PUT' ? { ...old, toMs: NaN, text: '', tags: [] } : old)
      if (typeof draft === 'string') return fail(reply, 400, draft)
      await annotations.change(old.id, draft)
      return send(reply, { message: method === 'PUT' ? 'Annotation updated' : 'Annotation patched' })
    })
  }

  route('DELETE', '/annotations/:id', async (request, reply) => {
    const a = await found(request, reply)
    if (!('fromMs' in a)) return a
    await annotations.remove(a.id)
    return send(reply, { message: 'Annotation deleted' })
  })

  route('POST', '/annotations/mass-delete', async (request, reply) => {
    const body = jsonObject(request.body)
    const id = body?.['annotationId']
    const dashboardUid = textAt(body, 'dashboardUID')
    const panelId = body?.['panelId']
    if (typeof id === 'number' && id > 0) await annotations.remove(id)
    else if (dashboardUid !== '' && typeof panelId === 'number') for (const a of await annotations.find({ dashboardUid, panelId, limit: Infinity })) await annotations.remove(a.id)
    else return fail(reply, 400, 'AnnotationId or DashboardUID and PanelId must be given')
    return send(reply, { message: 'Annotations deleted' })
  })
}

function isTexts(v: unknown): v is readonly string[] {
  return Array.isArray(v) && v.every(t => typeof t === 'string')
}

/** @returns what is written, or what is wrong with it */
function draftOf(body: Json | undefined, before: AnnotationDraft): AnnotationDraft | string {
  if (body === undefined) return 'bad request data'
  const number = (name: string): number | undefined | 'wrong' => {
    const v = body[name]
    return v === undefined || v === null ? undefined : typeof v === 'number' && Number.isFinite(v) ? v : 'wrong'
  }
  const [time, timeEnd, panelId] = [number('time'), number('timeEnd'), number('panelId')]
  if (time === 'wrong' || timeEnd === 'wrong' || panelId === 'wrong') return 'time, timeEnd and panelId must be numbers; times are Unix milliseconds'
  const text = body['text'] === undefined ? before.text : textAt(body, 'text')
  if (text === '') return 'text field should not be empty'
  if (text.length > MAX_TEXT) return `text is longer than ${MAX_TEXT} characters`
  const tags = body['tags'] ?? before.tags
  if (!isTexts(tags)) return 'tags must be a list of texts'
  const fromMs = time ?? before.fromMs
  // Grafana takes a zero for no end; an end before the start is swapped with it.
  const end = timeEnd === undefined || timeEnd === 0 ? (Number.isNaN(before.toMs) ? fromMs : before.toMs) : timeEnd
  return {
    dashboardUid: textAt(body, 'dashboardUID') || before.dashboardUid, panelId: panelId ?? before.panelId, fromMs: Math.min(fromMs, end), toMs: Math.max(fromMs, end), text, tags: [...new Set(tags)], author: before.author,
  }
}

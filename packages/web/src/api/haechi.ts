import type {
  BoardPanelView, BoardSummary, ContactPointView, DeliveryView, Diagnosis, EditableRule, NewContactPoint, NewRule, OverviewView, QueryExplanation, RuleEdit, ServiceView, SessionView, StatusView, TargetView,
} from '@haechi/server'
import { getJson, sendJson } from './client.ts'
import { BOARDS_PATH, OVERVIEW_PATH, SESSION_PATH, STATUS_PATH } from './first-paths.ts'

const API = 'api/haechi/v1'

/** GET /explain over a range; times in Unix ms. @throws ApiFailure with Prometheus' message */
export function explainRange(q: { readonly expr: string; readonly fromMs: number; readonly toMs: number; readonly stepMs: number }, signal?: AbortSignal): Promise<QueryExplanation> {
  return getJson<QueryExplanation>(`${API}/explain`, { query: q.expr, start: String(q.fromMs / 1000), end: String(q.toMs / 1000), step: String(q.stepMs / 1000) }, signal)
}

/** GET /status */
export function getStatus(signal?: AbortSignal): Promise<StatusView> {
  return getJson<StatusView>(STATUS_PATH, {}, signal)
}

/** GET /overview */
export function getOverview(signal?: AbortSignal): Promise<OverviewView> {
  return getJson<OverviewView>(OVERVIEW_PATH, {}, signal)
}

/** GET /services */
export function getServices(signal?: AbortSignal): Promise<readonly ServiceView[]> {
  return getJson<readonly ServiceView[]>(`${API}/services`, {}, signal)
}

/** GET /board-panels: the titled panels of all boards. */
export function getBoardPanels(language: string, signal?: AbortSignal): Promise<readonly BoardPanelView[]> {
  return getJson<readonly BoardPanelView[]>(`${API}/board-panels`, { lang: language }, signal)
}

/** GET /targets */
export function getTargets(signal?: AbortSignal): Promise<readonly TargetView[]> {
  return getJson<readonly TargetView[]>(`${API}/targets`, {}, signal)
}

/** GET /diagnoses */
export function getDiagnoses(signal?: AbortSignal): Promise<readonly Diagnosis[]> {
  return getJson<readonly Diagnosis[]>(`${API}/diagnoses`, {}, signal)
}

/** GET /rules */
export function getRules(signal?: AbortSignal): Promise<readonly EditableRule[]> {
  return getJson<readonly EditableRule[]>(`${API}/rules`, {}, signal)
}

/** POST /rules: a rule of one's own. */
export function postRule(rule: NewRule): Promise<EditableRule> {
  return sendJson<EditableRule>('POST', `${API}/rules`, rule)
}

/** PUT /rules/:uid: changes a rule; absent members stay. */
export function putRule(uid: string, edit: RuleEdit): Promise<EditableRule> {
  return sendJson<EditableRule>('PUT', `${API}/rules/${encodeURIComponent(uid)}`, edit)
}

/** DELETE /rules/:uid: a built-in rule goes back to what it was. */
export function restoreRule(uid: string): Promise<unknown> {
  return sendJson<unknown>('DELETE', `${API}/rules/${encodeURIComponent(uid)}`)
}

/** GET /contact-points */
export function getContactPoints(signal?: AbortSignal): Promise<readonly ContactPointView[]> {
  return getJson<readonly ContactPointView[]>(`${API}/contact-points`, {}, signal)
}

/** POST /contact-points */
export function addContactPoint(point: NewContactPoint): Promise<ContactPointView> {
  return sendJson<ContactPointView>('POST', `${API}/contact-points`, point)
}

/** DELETE /contact-points/:uid */
export function removeContactPoint(uid: string): Promise<unknown> {
  return sendJson<unknown>('DELETE', `${API}/contact-points/${encodeURIComponent(uid)}`)
}

/** POST /contact-points/:uid/test: sends one message now and answers how it went. */
export function testContactPoint(uid: string): Promise<DeliveryView> {
  return sendJson<DeliveryView>('POST', `${API}/contact-points/${encodeURIComponent(uid)}/test`)
}

/** Which attempts are asked for; `''`: all. */
export interface DeliveryFilter {
  readonly rule?: string
  readonly contactPoint?: string
  readonly status?: string
  readonly ok?: string
  readonly fromMs?: number
  readonly toMs?: number
}

/** GET /deliveries, newest first; `before`: the id that the page before ended with. */
export function getDeliveries(limit: number, filter: DeliveryFilter = {}, before?: number, signal?: AbortSignal): Promise<readonly DeliveryView[]> {
  const params = Object.entries({ limit, before, ...filter }).filter((e): e is [string, string | number] => e[1] !== undefined && e[1] !== '')
  return getJson<readonly DeliveryView[]>(`${API}/deliveries`, Object.fromEntries(params.map(([k, v]) => [k, typeof v === 'number' ? String(Math.round(v)) : v])), signal)
}

/** GET /boards */
export function getBoards(signal?: AbortSignal): Promise<readonly BoardSummary[]> {
  return getJson<readonly BoardSummary[]>(BOARDS_PATH, {}, signal)
}

/** GET /session: who is signed in, and whether one must be. */
export function getSession(signal?: AbortSignal): Promise<SessionView> {
  return getJson<SessionView>(SESSION_PATH, {}, signal)
}

/** POST /logout */
export function signOut(): Promise<unknown> {
  return sendJson<unknown>('POST', `${API}/logout`)
}

/** POST /login: a session cookie for the right password. @throws ApiFailure of kind `signIn` for a wrong one */
export function signIn(username: string, password: string): Promise<unknown> {
  return sendJson<unknown>('POST', `${API}/login`, { username, password })
}

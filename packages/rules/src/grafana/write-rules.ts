import { formatDuration } from '@haechi/model'
import type { GrafanaGroup, GrafanaRule, NotificationSettings, Provenance } from './rule.ts'

type Json = Record<string, unknown>

function settingsJson(s: NotificationSettings): Json {
  return {
    receiver: s.receiver,
    ...(s.groupBy === undefined ? {} : { group_by: s.groupBy }),
    ...(s.groupWaitMs === undefined ? {} : { group_wait: formatDuration(s.groupWaitMs) }),
    ...(s.groupIntervalMs === undefined ? {} : { group_interval: formatDuration(s.groupIntervalMs) }),
    ...(s.repeatIntervalMs === undefined ? {} : { repeat_interval: formatDuration(s.repeatIntervalMs) }),
    ...(s.muteTimeIntervals === undefined ? {} : { mute_time_intervals: s.muteTimeIntervals }),
    ...(s.activeTimeIntervals === undefined ? {} : { active_time_intervals: s.activeTimeIntervals }),
  }
}

/** What both forms of a rule share. */
function common(r: GrafanaRule): Json {
  return {
    ...(r.record === undefined ? {} : { record: r.record }),
    ...(Object.keys(r.annotations).length === 0 ? {} : { annotations: r.annotations }),
    ...(Object.keys(r.labels).length === 0 ? {} : { labels: r.labels }),
    isPaused: r.isPaused,
    ...(r.notificationSettings === undefined ? {} : { notification_settings: settingsJson(r.notificationSettings) }),
  }
}

/** A rule as the provisioning API answers it. `id` numbers it; `updatedMs` Unix ms. */
export function ruleToApi(r: GrafanaRule, more: { readonly id: number; readonly updatedMs: number; readonly provenance: Provenance }): Json {
  return {
    id: more.id, uid: r.uid, orgID: 1, folderUID: r.folderUid, ruleGroup: r.group, title: r.title, condition: r.condition,
    data: r.data.map(d => ({ refId: d.refId, queryType: d.queryType, relativeTimeRange: d.relativeTimeRange, datasourceUid: d.datasourceUid, model: d.model })),
    updated: new Date(more.updatedMs).toISOString().replace(/\.\d+Z$/, 'Z'), noDataState: r.noDataState, execErrState: r.execErrState, for: formatDuration(r.forMs),
    ...(r.keepFiringForMs === 0 ? {} : { keep_firing_for: formatDuration(r.keepFiringForMs) }),
    ...common(r), ...(more.provenance === '' ? {} : { provenance: more.provenance }),
    ...(r.missingSeriesEvalsToResolve === undefined ? {} : { missingSeriesEvalsToResolve: r.missingSeriesEvalsToResolve }),
  }
}

/** A dollar sign that a provisioning file would take for a variable is written twice. */
const escapeDollar = (text: string): string => text.replaceAll('$', '$$$$')

function ruleToFile(r: GrafanaRule): Json {
  const { __dashboardUid__: dashboardUid, __panelId__: panelId, ...annotations } = r.annotations
  const { annotations: _a, labels: _l, ...rest } = common(r)
  return {
    uid: r.uid, title: escapeDollar(r.title), condition: r.condition,
    data: r.data.map(d => ({ refId: d.refId, ...(d.queryType === '' ? {} : { queryType: d.queryType }), relativeTimeRange: d.relativeTimeRange, datasourceUid: escapeDollar(d.datasourceUid), model: d.model })),
    ...(dashboardUid === undefined ? {} : { dashboardUid, panelId: Number(panelId) }),
    noDataState: r.noDataState, execErrState: r.execErrState, for: formatDuration(r.forMs), ...(r.keepFiringForMs === 0 ? {} : { keepFiringFor: formatDuration(r.keepFiringForMs) }),
    ...(r.missingSeriesEvalsToResolve === undefined ? {} : { missing_series_evals_to_resolve: r.missingSeriesEvalsToResolve }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ...(Object.keys(r.labels).length === 0 ? {} : { labels: Object.fromEntries(Object.entries(r.labels).map(([k, v]) => [k, escapeDollar(v)])) }), ...rest,
  }
}

/** Groups as a provisioning file holds them; read again they are the same. */
export function groupsToFile(groups: readonly GrafanaGroup[]): Json {
  return {
    apiVersion: 1,
    groups: groups.map(g => ({ orgId: 1, name: escapeDollar(g.name), folder: escapeDollar(g.folderTitle), interval: formatDuration(g.intervalMs), rules: g.rules.map(ruleToFile) })),
  }
}

/** What the form of a Grafana-managed rule says. */
export interface GrafanaRuleForm {
  readonly title: string
  /** Without its comparison. */
  readonly expr: string
  readonly op: '>' | '<'
  readonly value: number
  /** As Prometheus writes durations. */
  readonly hold: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly folderUid: string
  readonly group: string
  readonly noData: string
  readonly onError: string
  /** `''`: as the policies say. */
  readonly receiver: string
}

/** The rule as Grafana's provisioning API takes it: A asks for the value now, C compares it. */
export function grafanaRule(f: GrafanaRuleForm): Readonly<Record<string, unknown>> {
  return {
    title: f.title, folderUID: f.folderUid, ruleGroup: f.group, orgID: 1, condition: 'C', for: f.hold, noDataState: f.noData, execErrState: f.onError, labels: f.labels, annotations: f.annotations,
    data: [
      { refId: 'A', queryType: '', relativeTimeRange: { from: 600, to: 0 }, datasourceUid: 'prometheus', model: { refId: 'A', expr: f.expr, instant: true } },
      { refId: 'C', queryType: '', relativeTimeRange: { from: 0, to: 0 }, datasourceUid: '__expr__', model: { refId: 'C', type: 'threshold', expression: 'A', conditions: [{ evaluator: { type: f.op === '>' ? 'gt' : 'lt', params: [f.value] } }] } },
    ],
    ...(f.receiver === '' ? {} : { notification_settings: { receiver: f.receiver } }),
  }
}

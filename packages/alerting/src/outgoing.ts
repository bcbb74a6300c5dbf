import { labelValue, labelsWith } from '@haechi/model'
import type { Labels } from '@haechi/model'

/**
 * Alerts of rules as they leave a server: with its external labels where an alert has none of that name, then relabelled. What relabelling drops is left out.
 * @param relabel  `alerting.alert_relabel_configs`; undefined drops the alert
 * @see Prometheus notifier/manager.go `relabelAlerts`
 */
export function outgoingAlerts<A extends { readonly labels: Labels }>(alerts: readonly A[], externalLabels: Labels, relabel?: (labels: Labels) => Labels | undefined): A[] {
  return alerts.flatMap(a => {
    let labels: Labels | undefined = a.labels
    for (let i = 0; i < externalLabels.length; i += 2) {
      if (labelValue(labels, externalLabels[i]!) === '') labels = labelsWith(labels, externalLabels[i]!, externalLabels[i + 1]!)
    }
    if (relabel !== undefined) labels = relabel(labels)
    return labels === undefined ? [] : [labels === a.labels ? a : { ...a, labels }]
  })
}

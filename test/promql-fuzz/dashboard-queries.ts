import type { DataSet, FuzzMetric } from './data-set.ts'
import type { FuzzQuery } from './grammar.ts'
import type { Random } from './random.ts'

/** A query as dashboards and alerts have them, about metrics of the data. */
export function dashboardQuery(r: Random, data: DataSet): FuzzQuery {
  const of = (...kinds: FuzzMetric['kind'][]): FuzzMetric[] => data.metrics.filter(m => kinds.includes(m.kind))
  const counter = r.pick(of('counter'))
  const gauge = r.pick(of('gauge'))
  const buckets = of('classic')
  const natives = of('native')
  const window = r.pick(['1m', '2m', '5m', '5m', '10m', '30s'])
  const ties: string[] = []
  const selector = (m: FuzzMetric): string => {
    const matchers = Object.entries(m.labels).filter(([name, values]) => /^[a-z_]+$/.test(name) && name !== 'le' && values.length > 0 && r.chance(0.25)).map(([name, values]) => {
      const value = r.pick(values)
      const chosen = [`${name}=${JSON.stringify(value)}`, `${name}=~${JSON.stringify(`${value.replace(/[.+*?^$(){}|[\]\\]/g, '\\$&')}|x`)}`, `${name}=~".*"`, `${name}!~"5.."`]
      return r.pick(values.length > 1 ? [...chosen, `${name}!=${JSON.stringify(value)}`] : chosen)
    })
    return `{__name__=${JSON.stringify(m.name)}${matchers.map(text => `,${text}`).join('')}}`.replace(/^\{__name__="([a-zA-Z_:][\w:]*)",?(.*)\}$/, (_all, name: string, rest: string) => (rest === '' ? name : `${name}{${rest}}`))
  }
  const rate = (m: FuzzMetric): string => `${r.pick(['rate', 'rate', 'increase', 'irate'])}(${selector(m)}[${window}])`
  const by = (m: FuzzMetric, more: readonly string[] = []): string => {
    const names = [...more, ...r.some(Object.keys(m.labels).filter(l => /^[a-z_]+$/.test(l) && l !== 'le'), 0.4)]
    return names.length === 0 ? ' ' : ` by (${names.join(', ')}) `
  }
  const partners = of('gauge').filter(m => (m.labels['instance'] ?? []).some(v => (gauge.labels['instance'] ?? []).includes(v)))
  const shapes: (() => string)[] = [
    () => `sum${by(counter)}(${rate(counter)})`,
    () => `sum${by(counter)}(${rate(counter)}) / on () group_left sum(${rate(counter)})`,
    () => `100 * (1 - avg by (instance) (${rate(counter)}))`,
    () => `sum by (instance, job) (rate(${selector(counter)}[${window}])) / sum by (instance, job) (rate(${counter.name}[${window}])) * 100 > bool ${r.pick(['1', '5', '50'])}`,
    () => `sum(rate(${selector(counter)}[${window}])) or vector(0)`,
    () => `increase(${selector(counter)}[${r.pick(['5m', '10m', '1h'])}]) ${r.pick(['> 0', '>= 0', '> bool 0'])}`,
    () => `avg_over_time(${selector(gauge)}[${window}])`,
    () => `max by (instance) (${selector(gauge)}) - min by (instance) (${selector(gauge)})`,
    () => `max_over_time((sum${by(counter, ['job'])}(rate(${selector(counter)}[1m])))[${r.pick(['3m', '5m'])}:${r.pick(['', '15s', '30s'])}])`,
    () => `predict_linear(${selector(gauge)}[${window}], ${r.pick(['3600', '4 * 3600', '86400'])})${r.pick(['', '', ' >= 0', ' < bool 0'])}`,
    () => `deriv(${selector(gauge)}[${window}])`,
    () => `delta(${selector(gauge)}[${window}]) ${r.pick(['>=', '<=', '!= bool'])} 0`,
    () => `time() - ${selector(gauge)}`,
    () => `changes(${selector(gauge)}[${window}]) + resets(${selector(gauge)}[${window}])`,
    () => `quantile by (job) (${r.pick(['0.5', '0.95'])}, ${selector(gauge)})`,
    () => `quantile_over_time(0.95, ${selector(gauge)}[${window}])`,
    () => `${selector(gauge)} - ${gauge.name} offset ${r.pick(['1m', '2m', '30s'])}`,
    () => `${selector(gauge)} / on (instance, job) group_left() max by (instance, job) (${r.pick(partners).name})`,
    () => `count by (__name__) ({job=${JSON.stringify(r.pick(gauge.labels['job'] ?? ['']))}})`,
    () => `sum by (job) (up) / count by (job) (up)`,
    () => `avg_over_time(up[${window}]) * 100`,
    () => `absent(up{job="gone"}) or ${selector(gauge)}`,
    () => `label_replace(${selector(gauge)}, "host", "$1", "instance", "([^:]+):?.*")`,
    () => `sum by (host) (label_replace(rate(${selector(counter)}[${window}]), "host", "$1", "instance", "([^:]+):?.*"))`,
    () => `clamp_max(${selector(gauge)}, 100) > ${r.pick(['-1', '-1', '0'])}`,
    () => `round(${selector(gauge)}, 0.01)`,
    () => `stddev_over_time(${selector(gauge)}[${window}]) / avg_over_time(${selector(gauge)}[${window}])`,
    () => `(${selector(gauge)} - avg_over_time(${selector(gauge)}[${window}])) / stddev_over_time(${selector(gauge)}[${window}])`,
    () => `sum_over_time((${selector(gauge)} > bool 0)[${window}:15s])`,
    () => `${selector(gauge)} unless on (instance) (up == -1)`,
    () => `count(${selector(gauge)} ${r.pick(['> 0', '>= 0'])}) by (job)`,
    () => `sort_desc(sum${by(counter)}(${rate(counter)}))`,
    () => `avg without (instance) (${selector(gauge)})`,
    () => {
      const inner = `sum${by(counter, ['instance'])}(${rate(counter)})`
      ties.push(inner)
      return `${r.pick(['topk', 'bottomk'])}(${r.pick(['3', '5', '10'])}, ${inner})`
    },
  ]
  if (buckets.length > 0) {
    const m = r.pick(buckets)
    const base = m.name.replace(/_bucket$/, '')
    const there = (name: string): boolean => data.metrics.some(other => other.name === name)
    shapes.push(
      ...Array.from({ length: 5 }, () => () => `histogram_quantile(${r.pick(['0.5', '0.9', '0.95', '0.99'])}, sum${by(m, ['le'])}(${rate(m)}))`),
      () => `histogram_fraction(0, ${r.pick(['0.1', '0.25', '1'])}, sum${by(m, ['le'])}(${rate(m)}))`,
      () => {
        const grouping = by(m)
        return `sum${grouping}(rate(${base}_bucket{le=${JSON.stringify(r.pick(m.labels['le'] ?? ['1']))}}[${window}]))${there(`${base}_count`) ? ` / sum${grouping}(rate(${base}_count[${window}]))` : ''}`
      },
    )
    if (there(`${base}_sum`)) shapes.push(() => `rate(${base}_sum[${window}]) / rate(${base}_count[${window}])`, () => `sum by (job) (rate(${base}_sum[${window}])) / sum by (job) (rate(${base}_count[${window}]))`)
  }
  if (natives.length > 0) {
    const m = r.pick(natives)
    shapes.push(
      () => `histogram_quantile(${r.pick(['0.5', '0.95', '0.99'])}, sum${by(m)}(rate(${selector(m)}[${window}])))`,
      () => `histogram_avg(rate(${selector(m)}[${window}]))`, () => `histogram_count(sum${by(m)}(increase(${selector(m)}[${window}])))`,
      () => `histogram_fraction(0, ${r.pick(['0.1', '0.2', '1'])}, sum(rate(${selector(m)}[${window}])))`,
    )
  }
  return { text: r.pick(shapes)(), ties }
}

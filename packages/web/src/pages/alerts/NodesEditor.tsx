import type { ReactElement } from 'react'
import { ActionIcon, Button, NativeSelect, Skeleton, Switch, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { PromqlEditor } from '../explore/later-editor.ts'
import { useAlertWords } from './alert-words.ts'
import type { AlertKey } from './alert-words.ts'
import { labelsText } from '@haechi/dashboards'
import type { RulePreviewNode } from '@haechi/server'
import { isTime } from './grafana-rule.ts'
import { CLASSIC_COMPARISONS, CLASSIC_REDUCERS, COMPARISONS, NODE_KINDS, REDUCERS, REDUCE_MODES, UPSAMPLERS, freeRefId, isNodeComplete, isNumber, isRange, newLine, newNode, oppositeOf } from './rule-nodes.ts'
import type { Compare, NodeKind, RuleNode } from './rule-nodes.ts'
import css from './Alerts.module.css'

/** Label sets of a step that are shown. */
const SHOWN_RESULTS = 3

/** Queries and expressions of a Grafana-managed rule, and which of them decides. `isTried`: what is missing is marked. `now`: what each of them gives, once known. */
export function NodesEditor({ nodes, condition, isTried, now, onChange }: {
  readonly nodes: readonly RuleNode[]; readonly condition: string; readonly isTried: boolean; readonly now: readonly RulePreviewNode[] | undefined; readonly onChange: (nodes: readonly RuleNode[], condition: string) => void
}): ReactElement {
  const { a } = useAlertWords()
  const add = (kind: NodeKind): void => {
    const made = newNode(freeRefId(nodes), kind, { input: nodes.at(-1)?.refId ?? '', lines: [newLine(nodes[0]?.refId ?? 'A')] })
    onChange([...nodes, made], nodes.length === 0 ? made.refId : condition)
  }
  return (
    <fieldset className={css['matchers']}>
      <legend>{a('node.title')}</legend>
      {nodes.map((n, i) => (
        <NodeEditor key={n.refId} node={n} others={nodes.filter(o => o !== n).map(o => o.refId)} isTried={isTried} now={now?.find(x => x.refId === n.refId)} onChange={next => onChange(nodes.map((x, j) => (j === i ? next : x)), condition)}
          onRemove={() => { const left = nodes.filter((_, j) => j !== i); onChange(left, condition === n.refId ? left.at(-1)?.refId ?? '' : condition) }} />
      ))}
      <div className={css['buttons']}>
        <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => add('query')}>{a('node.addQuery')}</Button>
        <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => add('reduce')}>{a('node.addExpression')}</Button>
      </div>
      <NativeSelect label={a('node.condition')} description={a('node.conditionHint')} value={condition} onChange={e => onChange(nodes, e.currentTarget.value)} data={nodes.map(n => ({ value: n.refId, label: `${n.refId} · ${a(`node.kind.${n.kind}`)}` }))} />
    </fieldset>
  )
}

/** Props of `NodeEditor`. */
export interface NodeEditorProps {
  readonly node: RuleNode
  /** Letters of the others. */
  readonly others: readonly string[]
  /** What is missing is marked. */
  readonly isTried: boolean
  /** What it may become; absent: anything. */
  readonly kinds?: readonly NodeKind[]
  /** What it comes to now; absent: that is not told. */
  readonly now?: RulePreviewNode | undefined
  readonly onChange: (n: RuleNode) => void
  readonly onRemove?: () => void
}

/** One query or expression. */
export function NodeEditor({ node: n, others, isTried, kinds = NODE_KINDS, now, onChange, onRemove }: NodeEditorProps): ReactElement {
  const { t, a } = useAlertWords()
  const set = (patch: Partial<RuleNode>): void => onChange({ ...n, ...patch })
  const named = (text: string): string => `${n.refId}: ${text}`
  const input = <NativeSelect label={a('node.input')} aria-label={named(a('node.input'))} value={n.input} data={[...(others.includes(n.input) ? [] : [{ value: n.input, label: n.input === '' ? '–' : `${n.input} ?` }]), ...others]} onChange={e => set({ input: e.currentTarget.value })} />
  return (
    <section className={css['ruleNode']} aria-label={named(a(`node.kind.${n.kind}`))}>
      <div className={css['nodeHead']}>
        <strong className="mono">{n.refId}</strong>
        <NativeSelect aria-label={named(a('node.kind'))} value={n.kind} data={kinds.map(k => ({ value: k, label: a(`node.kind.${k}`) }))} onChange={e => set({ kind: e.currentTarget.value as NodeKind })} />
        {onRemove !== undefined && <ActionIcon variant="subtle" color="gray" size={36} disabled={others.length === 0} aria-label={a('node.remove', { name: n.refId })} onClick={onRemove}><IconTrash size={18} /></ActionIcon>}
      </div>
      {n.kind === 'query' && (
        <>
          <PromqlEditor waiting={<Skeleton height={40} />} label={named(a('rule.query'))} placeholder={a('rule.queryHint')} value={n.expr} onChange={expr => set({ expr })} onRun={() => {}} />
          <div className={css['fields']}>
            <NativeSelect label={a('node.asks')} aria-label={named(a('node.asks'))} value={n.instant ? 'instant' : 'range'} data={[{ value: 'instant', label: a('node.instant') }, { value: 'range', label: a('node.range') }]} onChange={e => set({ instant: e.currentTarget.value === 'instant' })} />
            <TextInput label={a('node.back')} aria-label={named(a('node.back'))} value={n.range} error={isTime(n.range) ? undefined : t('rules.holdInvalid')} onChange={e => set({ range: e.currentTarget.value })} />
          </div>
        </>
      )}
      {n.kind === 'math' && <TextInput label={a('node.formula')} aria-label={named(a('node.formula'))} description={a('node.formulaHint')} classNames={{ input: 'mono' }} spellCheck={false} value={n.input} onChange={e => set({ input: e.currentTarget.value })} />}
      {n.kind === 'reduce' && (
        <div className={css['fields']}>
          {input}
          <Reducer value={n.reducer} all={REDUCERS} label={a('node.reducer')} name={named(a('node.reducer'))} onChange={reducer => set({ reducer })} />
          <NativeSelect label={a('node.mode')} aria-label={named(a('node.mode'))} value={n.mode} data={REDUCE_MODES.map(m => ({ value: m, label: a(`node.mode.${m}`) }))} onChange={e => set({ mode: e.currentTarget.value as RuleNode['mode'] })} />
          {n.mode === 'replaceNN' && <TextInput label={a('node.replaceWith')} aria-label={named(a('node.replaceWith'))} inputMode="decimal" value={n.replaceWith} error={isNumber(n.replaceWith) ? undefined : t('rules.thresholdInvalid')} onChange={e => set({ replaceWith: e.currentTarget.value })} />}
        </div>
      )}
      {n.kind === 'resample' && (
        <div className={css['fields']}>
          {input}
          <TextInput label={a('node.window')} aria-label={named(a('node.window'))} value={n.window} error={isTime(n.window) ? undefined : t('rules.holdInvalid')} onChange={e => set({ window: e.currentTarget.value })} />
          <Reducer value={n.reducer} all={REDUCERS} label={a('node.downsampler')} name={named(a('node.downsampler'))} onChange={reducer => set({ reducer })} />
          <NativeSelect label={a('node.upsampler')} aria-label={named(a('node.upsampler'))} value={n.upsampler} data={UPSAMPLERS.map(u => ({ value: u, label: a(`node.up.${u}`) }))} onChange={e => set({ upsampler: e.currentTarget.value })} />
        </div>
      )}
      {n.kind === 'threshold' && (
        <>
          <div className={css['fields']}>{input}<CompareFields name={n.refId} value={n.compare} all={COMPARISONS} isTried={isTried} onChange={compare => set({ compare, ...(n.recovery === undefined || compare.type === n.compare.type ? {} : { recovery: { ...n.recovery, type: oppositeOf(compare.type) } }) })} /></div>
          <Switch label={a('node.recovery')} checked={n.recovery !== undefined} onChange={e => set({ recovery: e.currentTarget.checked ? { ...n.compare, type: oppositeOf(n.compare.type) } : undefined })} />
          {n.recovery !== undefined && <div className={css['fields']}><CompareFields name={`${n.refId} ${a('node.recoveryName')}`} value={n.recovery} all={[n.recovery.type]} isTried={isTried} onChange={recovery => set({ recovery })} /></div>}
        </>
      )}
      {n.kind === 'classic_conditions' && n.lines.map((l, i) => (
        // Lines have no identity but their place.
        // eslint-disable-next-line react/no-array-index-key
        <div key={i} className={css['fields']}>
          {i > 0 && <NativeSelect label={a('node.operator')} aria-label={`${named(a('node.operator'))} ${i + 1}`} value={l.operator} data={[{ value: 'and', label: a('node.and') }, { value: 'or', label: a('node.or') }]} onChange={e => set({ lines: n.lines.map((x, j) => (j === i ? { ...l, operator: e.currentTarget.value as 'and' } : x)) })} />}
          <Reducer value={l.reducer} all={CLASSIC_REDUCERS} label={a('node.reducer')} name={`${named(a('node.reducer'))} ${i + 1}`} onChange={reducer => set({ lines: n.lines.map((x, j) => (j === i ? { ...l, reducer } : x)) })} />
          <NativeSelect label={a('node.of')} aria-label={`${named(a('node.of'))} ${i + 1}`} value={l.query} data={[...(others.includes(l.query) ? [] : [l.query]), ...others]} onChange={e => set({ lines: n.lines.map((x, j) => (j === i ? { ...l, query: e.currentTarget.value } : x)) })} />
          <CompareFields name={`${n.refId} ${i + 1}`} value={l} all={CLASSIC_COMPARISONS} isTried={isTried} onChange={c => set({ lines: n.lines.map((x, j) => (j === i ? { ...l, ...c } : x)) })} />
          {n.lines.length > 1 && <ActionIcon variant="subtle" color="gray" size={36} aria-label={a('node.removeLine', { name: i + 1 })} onClick={() => set({ lines: n.lines.filter((_, j) => j !== i) })}><IconTrash size={18} /></ActionIcon>}
        </div>
      ))}
      {n.kind === 'classic_conditions' && <div><Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => set({ lines: [...n.lines, newLine(others[0] ?? 'A')] })}>{a('silences.addMatcher')}</Button></div>}
      {now !== undefined && <NodeNow node={now} />}
      {isTried && !isNodeComplete(n, isTime) && <p className="health-critical" role="alert">{a('node.incomplete', { name: n.refId })}</p>}
    </section>
  )
}

/** What a step gives now, or why nothing. */
function NodeNow({ node }: { readonly node: RulePreviewNode }): ReactElement {
  const { a, said } = useAlertWords()
  if (node.error !== undefined) return <p className="health-critical">{a('node.nowFailed', { reason: said(node.error) })}</p>
  const shown = node.results.slice(0, SHOWN_RESULTS).map(r => `${Object.keys(r.labels).length === 0 ? '' : `${labelsText(r.labels)} `}${r.value ?? a('node.nowNull')}${r.points === undefined ? '' : ` (${a('node.nowPoints', { count: r.points })})`}`)
  return <p className={`${css['ruleText']} ${css['nodeNow']}`}>{node.count === 0 ? a('node.nowNone') : a('node.now', { results: `${shown.join(', ')}${node.count > shown.length ? ` ${a('node.nowMore', { count: node.count - shown.length })}` : ''}` })}</p>
}

function Reducer({ value, all, label, name, onChange }: { readonly value: string; readonly all: readonly (typeof CLASSIC_REDUCERS[number] | typeof REDUCERS[number])[]; readonly label: string; readonly name: string; readonly onChange: (v: string) => void }): ReactElement {
  const { a } = useAlertWords()
  return <NativeSelect label={label} aria-label={name} value={value} data={all.map(r => ({ value: r, label: a(`node.reduce.${r}` as AlertKey) }))} onChange={e => onChange(e.currentTarget.value)} />
}

function CompareFields({ name, value: c, all, isTried, onChange }: { readonly name: string; readonly value: Compare; readonly all: readonly string[]; readonly isTried: boolean; readonly onChange: (c: Compare) => void }): ReactElement {
  const { t, a } = useAlertWords()
  const number = (key: 'low' | 'high', label: string): ReactElement => (
    <TextInput label={label} aria-label={`${name}: ${label}`} inputMode="decimal" value={c[key]} error={(isTried || c[key] !== '') && !isNumber(c[key]) ? t('rules.thresholdInvalid') : undefined} onChange={e => onChange({ type: c.type, low: c.low, high: c.high, [key]: e.currentTarget.value })} />
  )
  return (
    <>
      <NativeSelect label={a('node.compare')} aria-label={`${name}: ${a('node.compare')}`} value={c.type} data={all.map(x => ({ value: x, label: a(`node.is.${x}` as AlertKey) }))} onChange={e => onChange({ type: e.currentTarget.value, low: c.low, high: c.high })} />
      {c.type !== 'no_value' && number('low', isRange(c.type) ? a('node.low') : a('rule.limit'))}
      {c.type !== 'no_value' && isRange(c.type) && number('high', a('node.high'))}
    </>
  )
}

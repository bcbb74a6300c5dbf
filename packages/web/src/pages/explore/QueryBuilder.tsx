import '@mantine/core/styles/Combobox.css'
import '@mantine/core/styles/Pill.css'
import '@mantine/core/styles/PillsInput.css'
import { useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import { ActionIcon, Button, MultiSelect, NativeSelect, Select, TagsInput, TextInput } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useAskedSource } from '../../api/asked-source.ts'
import { SERIES_LIMIT, metadataOf, metricNamesOf, metricSeriesQuery } from '../../api/queries.ts'
import type { LabelMap } from '../../api/prometheus.ts'
import { useRefresh } from '../../app/refresh.tsx'
import { useBuilderWords } from '../../i18n/builder.ts'
import { labelChoices, valueChoices } from './label-choices.ts'
import type { CountedName } from './label-choices.ts'
import { metricEntry } from './metric-list.ts'
import { AGGREGATIONS, AUTO_WINDOW, FUNCS, NO_QUERY, isBuckets, readSimple, withMetric, writeSimple } from './simple-query.ts'
import type { LabelFilter, SimpleQuery } from './simple-query.ts'
import css from './QueryBuilder.module.css'

const WINDOWS = ['1m', '5m', '15m', '1h', '1d'] as const
const QUANTILES = [0.5, 0.9, 0.95, 0.99] as const
const TOPS = [5, 10, 20] as const
const OPS = ['is', 'isNot', 'matches', 'matchesNot'] as const
const NO_SERIES: readonly LabelMap[] = []

/** Writes a query from what is chosen, and shows what was chosen in one that is simple enough. Each choice is handed on at once. */
export function QueryBuilder({ text, letter, onChange }: { readonly text: string; readonly letter: string; readonly onChange: (text: string) => void }): ReactElement {
  const { w } = useBuilderWords()
  const { range } = useRefresh()
  // Conditions that are not complete yet are in no text.
  const [made, setMade] = useState<{ readonly text: string; readonly query: SimpleQuery | undefined }>({ text: '', query: NO_QUERY })
  const query = useMemo(() => made.text === text.trim() ? made.query : text.trim() === '' ? NO_QUERY : readSimple(text), [made, text])
  const source = useAskedSource()
  const names = useQuery(metricNamesOf(source))
  const { data: metadata } = useQuery(metadataOf(source))
  const { data: series = NO_SERIES } = useQuery(metricSeriesQuery(query?.metric ?? '', range, source))
  const labels = useMemo(() => labelChoices(series), [series])
  const set = (next: SimpleQuery): void => {
    const written = writeSimple(next)
    setMade({ text: written, query: next })
    onChange(written)
  }
  if (query === undefined) {
    return (
      <section className={css['box']} aria-label={w('title', { letter })}>
        <p className="dim">{w('rich')}</p>
        <div><Button size="xs" variant="default" onClick={() => set(NO_QUERY)}>{w('anew')}</Button></div>
      </section>
    )
  }
  const type = metricEntry(query.metric, metadata ?? {}).type
  const isHistogram = isBuckets(query.metric) || (type === 'histogram' && !/_(?:sum|count|created)$/.test(query.metric))
  const setFilter = (i: number, next: LabelFilter | undefined): void => set({ ...query, filters: query.filters.flatMap((f, j) => (j !== i ? [f] : next === undefined ? [] : [next])) })
  return (
    <section className={css['box']} aria-label={w('title', { letter })}>
      <Select size="xs" className={css['metric'] ?? ''} label={w('metric')} placeholder={w('metricHint')} nothingFoundMessage={w('metricNone')} searchable limit={100} data={withOwn(names.data ?? [], query.metric)} value={query.metric === '' ? null : query.metric}
        onChange={m => { if (m !== null) set(withMetric(query, m, metricEntry(m, metadata ?? {}).type)) }} />
      {query.metric !== '' && (
        <>
          <fieldset className={css['where']}>
            <legend>{w('where')}</legend>
            {query.filters.map((f, i) => (
              // Conditions have no identity of their own: the place is their name.
              // oxlint-disable-next-line react/no-array-index-key
              <FilterRow key={i} filter={f} labels={labels} values={valueChoices(series, query.filters, i)} onChange={next => setFilter(i, next)} />
            ))}
            <div><Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => set({ ...query, filters: [...query.filters, { label: '', op: 'is', values: [] }] })}>{w('addFilter')}</Button></div>
          </fieldset>
          <div className={css['steps']}>
            <NativeSelect size="xs" label={w('func')} value={query.quantile === undefined ? query.func : 'quantile'} onChange={e => set(withFunc(query, e.currentTarget.value))}
              data={[{ value: '', label: w('func.none') }, ...FUNCS.map(f => ({ value: f, label: w(`func.${f}`) })), ...(isHistogram || query.quantile !== undefined ? [{ value: 'quantile', label: w('func.quantile') }] : [])]} />
            {query.quantile !== undefined && (
              <NativeSelect size="xs" label={w('quantile')} value={String(query.quantile)} onChange={e => set({ ...query, quantile: Number(e.currentTarget.value) })} data={withOwn(QUANTILES.map(String), String(query.quantile)).map(q => ({ value: q, label: `p${Number((Number(q) * 100).toPrecision(6))}` }))} />
            )}
            {query.func !== '' && (
              <NativeSelect size="xs" label={w('window')} value={query.window} onChange={e => set({ ...query, window: e.currentTarget.value })} data={withOwn([AUTO_WINDOW, ...WINDOWS], query.window).map(x => ({ value: x, label: x === AUTO_WINDOW ? w('window.auto') : x }))} />
            )}
            <NativeSelect size="xs" label={w('aggregation')} value={query.aggregation} onChange={e => set({ ...query, aggregation: AGGREGATIONS.find(a => a === e.currentTarget.value) ?? '', ...(e.currentTarget.value === '' ? { by: [] } : {}) })}
              data={[{ value: '', label: w('aggregation.none') }, ...AGGREGATIONS.filter(a => query.quantile === undefined || a === 'sum' || a === query.aggregation).map(a => ({ value: a, label: w(`aggregation.${a}`) }))]} />
            {query.aggregation !== '' && (
              <MultiSelect size="xs" label={w('by')} placeholder={query.by.length === 0 ? w('byHint') : ''} searchable data={withOwn(labels.map(l => l.name).filter(l => !(l === 'le' && query.quantile !== undefined)), ...query.by)} value={[...query.by]} renderOption={({ option }) => <Counted name={option.value} of={labels} />} onChange={by => set({ ...query, by })} />
            )}
            <NativeSelect size="xs" label={w('top')} value={String(query.top ?? '')} onChange={e => set(withTop(query, e.currentTarget.value))}
              data={[{ value: '', label: w('top.all') }, ...withOwn(TOPS.map(String), ...(query.top === undefined ? [] : [String(query.top)])).map(n => ({ value: n, label: w('top.n', { count: n }) }))]} />
          </div>
          {series.length >= SERIES_LIMIT && <p className="dim">{w('truncated', { count: SERIES_LIMIT })}</p>}
        </>
      )}
    </section>
  )
}

function FilterRow({ filter, labels, values, onChange }: { readonly filter: LabelFilter; readonly labels: readonly CountedName[]; readonly values: readonly CountedName[]; readonly onChange: (next: LabelFilter | undefined) => void }): ReactElement {
  const { w } = useBuilderWords()
  const isList = filter.op === 'is' || filter.op === 'isNot'
  return (
    <div className={css['filter']}>
      <Select size="xs" aria-label={w('label')} placeholder={w('label')} searchable data={withOwn(labels.map(l => l.name), ...(filter.label === '' ? [] : [filter.label]))} value={filter.label === '' ? null : filter.label} renderOption={({ option }) => <Counted name={option.value} of={labels} />}
        onChange={label => { if (label !== null && label !== filter.label) onChange({ ...filter, label, values: [] }) }} />
      <NativeSelect size="xs" aria-label={w('op')} value={filter.op} data={OPS.map(o => ({ value: o, label: w(`op.${o}`) }))}
        onChange={e => {
          const op = OPS.find(o => o === e.currentTarget.value) ?? 'is'
          // A list of values and a pattern are written differently: what was chosen does not carry over.
          onChange({ ...filter, op, values: (op === 'is' || op === 'isNot') === isList ? filter.values : [] })
        }} />
      {isList
        ? <TagsInput size="xs" className={css['values'] ?? ''} aria-label={w('values', { label: filter.label })} placeholder={filter.values.length === 0 ? w('valuesHint') : ''} disabled={filter.label === ''} limit={200} maxDropdownHeight={280} splitChars={[]} data={values.map(v => v.name).filter(v => v !== '')} value={[...filter.values]} renderOption={({ option }) => <Counted name={option.value} of={values} />} onChange={next => onChange({ ...filter, values: next })} />
        : <PatternInput key={filter.values[0] ?? ''} label={w('pattern', { label: filter.label })} value={filter.values[0] ?? ''} onDone={v => onChange({ ...filter, values: v === '' ? [] : [v] })} />}
      <ActionIcon variant="subtle" color="gray" size={30} aria-label={w('removeFilter', { label: filter.label })} onClick={() => onChange(undefined)}><IconX size={16} /></ActionIcon>
    </div>
  )
}

/** Hands the pattern on when it is finished: half of one is often none. */
function PatternInput({ label, value, onDone }: { readonly label: string; readonly value: string; readonly onDone: (value: string) => void }): ReactElement {
  const [text, setText] = useState(value)
  const done = (): void => { if (text !== value) onDone(text) }
  return <TextInput size="xs" className={css['values'] ?? ''} aria-label={label} placeholder="5.." spellCheck={false} value={text} onChange={e => setText(e.currentTarget.value)} onBlur={done} onKeyDown={e => { if (e.key === 'Enter') done() }} />
}

function Counted({ name, of }: { readonly name: string; readonly of: readonly CountedName[] }): ReactElement {
  return <span className={css['counted']}><span>{name}</span><span className="dim num">{of.find(c => c.name === name)?.count ?? ''}</span></span>
}

/** The list with what is chosen in it, once each: a text may name what the list does not. */
function withOwn(list: readonly string[], ...own: readonly string[]): string[] {
  return [...new Set([...list, ...own.filter(o => o !== '')])]
}

function withFunc(q: SimpleQuery, value: string): SimpleQuery {
  const { quantile: _q, ...rest } = q
  if (value === 'quantile') return { ...rest, func: 'rate', quantile: q.quantile ?? 0.95, aggregation: 'sum' }
  return { ...rest, func: FUNCS.find(f => f === value) ?? '' }
}

function withTop(q: SimpleQuery, value: string): SimpleQuery {
  const { top: _t, ...rest } = q
  return value === '' ? rest : { ...rest, top: Number(value) }
}

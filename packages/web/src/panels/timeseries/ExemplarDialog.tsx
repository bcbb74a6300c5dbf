import { Modal } from '@mantine/core'
import type { ReactElement } from 'react'
import { formatUnitText } from '@haechi/dashboards'
import { momentText } from '../../charts/time-axis.ts'
import { linkAddress } from '../data-links.ts'
import { panelWords } from '../panel-words.ts'
import css from './ExemplarDialog.module.css'
import type { Panel } from '@haechi/dashboards'
import type { ChartExemplar, YAxisSettings } from '../../charts/chart-model.ts'
import type { PanelContext } from '../panel-result.ts'

/** What a link of an exemplar shows and where it leads. */
export interface ExemplarLink {
  readonly title: string
  readonly href: string
  readonly isNewTab: boolean
}

/** The links of the panel's data that speak of one of the exemplar's labels, e.g. `${__data.fields.trace_id}`. */
export function exemplarLinks(panel: Panel, e: ChartExemplar, context: Pick<PanelContext, 'variables' | 'range'>, text: string): ExemplarLink[] {
  const names = Object.keys(e.labels)
  const row = [{ name: 'Time', text: String(e.tMs) }, { name: 'Value', text }, ...names.map(name => ({ name, text: e.labels[name]! }))]
  const links = [...panel.fieldConfig.links ?? [], ...panel.overrides.flatMap(o => o.properties.filter(p => p.id === 'links').flatMap(p => linksIn(p.value)))]
  return links.filter(l => names.some(n => l.url.includes(`.${n}}`) || l.url.includes(`.${n}.`) || l.url.includes(`"${n}"`))).flatMap(l => {
    const href = linkAddress(l.url, { value: e.value, text, name: 'Value', labels: e.labels, row, variables: context.variables, range: context.range })
    return href === undefined ? [] : [{ title: l.title || href, href, isNewTab: l.targetBlank }]
  })
}

function linksIn(v: unknown): readonly { readonly title: string; readonly url: string; readonly targetBlank: boolean }[] {
  return Array.isArray(v) ? v.flatMap((l: unknown) => typeof l === 'object' && l !== null && 'url' in l && typeof l.url === 'string' ? [{ url: l.url, title: 'title' in l && typeof l.title === 'string' ? l.title : '', targetBlank: 'targetBlank' in l && l.targetBlank === true }] : []) : []
}

/** One measured request: its value, its labels, and where its trace is. */
export function ExemplarDialog({ exemplar, panel, context, y, onClose }: { readonly exemplar: ChartExemplar; readonly panel: Panel; readonly context: PanelContext; readonly y: YAxisSettings; readonly onClose: () => void }): ReactElement {
  const words = panelWords(context.language)
  const text = formatUnitText(y.unit, exemplar.value, y.decimals)
  const links = exemplarLinks(panel, exemplar, context, text)
  return (
    <Modal opened onClose={onClose} title={words.exemplar} closeButtonProps={{ 'aria-label': words.close }}>
      <dl className={css['list']}>
        <dt>{words.time}</dt><dd>{momentText(exemplar.tMs, context.language, context.timeZone)}</dd>
        <dt>{words.value}</dt><dd>{text}</dd>
        {Object.entries(exemplar.labels).map(([name, value]) => [<dt key={`${name} name`}>{name}</dt>, <dd key={name}><code>{value}</code></dd>])}
      </dl>
      {links.length > 0 && <p className={css['links']}>{links.map(l => <a key={l.href} href={l.href} {...(l.isNewTab ? { target: '_blank', rel: 'noreferrer' } : {})}>{l.title}</a>)}</p>}
    </Modal>
  )
}

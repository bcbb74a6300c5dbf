import { useId, useState } from 'react'
import type { FormEvent, ReactElement } from 'react'
import { ActionIcon, Button, Menu, Popover, TextInput, Tooltip } from '@mantine/core'
import { IconCheck, IconChevronDown, IconClock, IconRefresh, IconZoomOut } from '@tabler/icons-react'
import { LaterMenu } from '../components/LaterMenu.tsx'
import { minuteTime } from '../format/time.ts'
import { useWords } from '../i18n/index.ts'
import type { Words } from '../i18n/index.ts'
import { chosenZone, usualRefresh } from '../state/preferences.ts'
import { typedRange, DEFAULT_TO, RANGE_PRESETS, REFRESH_PRESETS, lastOf, momentOf, toLocalInput } from '../state/time-range.ts'
import { usePageSearch } from './page-search.ts'
import { useRefresh } from './refresh.tsx'
import css from './TimeControls.module.css'

/** The words for a range: `Last 6 h`, or its two ends. */
export function rangeText(from: string, to: string, { t, locale }: Words): string {
  const last = lastOf(from, to)
  if (last !== undefined) return t(`time.last.${last.unit}`, { count: last.count })
  const end = (text: string): string => {
    const ms = /^\d+$/.test(text) ? Number(text) : undefined
    return ms === undefined ? (text === 'now' ? t('time.now') : text) : minuteTime(ms, locale)
  }
  return `${end(from)} ${t('time.to')} ${end(to)}`
}

/** The time range of the page: presets up to now, or two moments. */
export function RangePicker({ isOpen, onOpen }: { readonly isOpen: boolean; readonly onOpen: (open: boolean) => void }): ReactElement {
  const words = useWords()
  const { t } = words
  const { range } = useRefresh()
  const { change } = usePageSearch()
  const headingId = useId()
  const choose = (from: string, to: string): void => {
    onOpen(false)
    change({ from, to: to === DEFAULT_TO ? undefined : to })
  }
  const zoomOut = (): void => {
    const span = range.toMs - range.fromMs
    const to = Math.min(Date.now(), Math.round(range.toMs + span / 2))
    change({ from: String(Math.round(to - 2 * span)), to: String(to) })
  }
  return (
    <>
      <Popover opened={isOpen} onChange={onOpen} position="bottom-end" width={320} trapFocus returnFocus withRoles={false}>
        <Popover.Target>
          <Button variant="default" leftSection={<IconClock size={16} aria-hidden />} rightSection={<IconChevronDown size={14} aria-hidden />} className={css['range']} aria-haspopup="dialog" aria-expanded={isOpen}
            aria-label={`${t('time.range')}: ${rangeText(range.from, range.to, words)}`} onClick={() => onOpen(!isOpen)}>
            {rangeText(range.from, range.to, words)}
          </Button>
        </Popover.Target>
        <Popover.Dropdown role="dialog" aria-labelledby={headingId}>
          <h2 id={headingId} className={css['heading']}>{t('time.relative')}</h2>
          <Presets onChoose={choose} />
          <RelativeForm onChoose={choose} />
          <AbsoluteForm key={`${range.from} ${range.to}`} onChoose={choose} />
        </Popover.Dropdown>
      </Popover>
      <Tooltip label={t('time.zoomOut')}><ActionIcon className={css['zoom']} variant="default" size={36} aria-label={t('time.zoomOut')} onClick={zoomOut}><IconZoomOut size={18} /></ActionIcon></Tooltip>
    </>
  )
}

/** The usual ranges, all up to now. */
function Presets({ onChoose }: { readonly onChoose: (from: string, to: string) => void }): ReactElement {
  const words = useWords()
  const { range } = useRefresh()
  return (
    <div className={css['presets']}>
      {RANGE_PRESETS.map((from, i) => (
        <Button key={from} size="compact-sm" variant={range.from === from && range.to === 'now' ? 'light' : 'subtle'} color={range.from === from ? 'noerok' : 'gray'} justify="flex-start" data-autofocus={i === 0 || undefined}
          aria-pressed={range.from === from && range.to === 'now'} onClick={() => onChoose(from, 'now')}>{rangeText(from, 'now', words)}</Button>
      ))}
    </div>
  )
}

/** A length of time, or a start as Grafana writes it, typed: `45m`, `now-1d/d`. */
function RelativeForm({ onChoose }: { readonly onChoose: (from: string, to: string) => void }): ReactElement {
  const { t } = useWords()
  const [text, setText] = useState('')
  const [isWrong, setWrong] = useState(false)
  const submit = (e: FormEvent): void => {
    e.preventDefault()
    const range = typedRange(text, Date.now())
    if (range === undefined) setWrong(true)
    else onChoose(range.from, range.to)
  }
  return (
    <form onSubmit={submit} className={css['typed']} noValidate>
      <TextInput size="xs" aria-label={t('time.typed')} placeholder={t('time.typedHint')} autoComplete="off" spellCheck={false} value={text} error={isWrong ? t('time.typedInvalid') : undefined} onChange={e => { setText(e.currentTarget.value); setWrong(false) }} />
      <Button type="submit" size="compact-md" variant="default">{t('action.apply')}</Button>
    </form>
  )
}

function AbsoluteForm({ onChoose }: { readonly onChoose: (from: string, to: string) => void }): ReactElement {
  const { t } = useWords()
  const { range } = useRefresh()
  const [from, setFrom] = useState(() => toLocalInput(range.fromMs, chosenZone()))
  const [to, setTo] = useState(() => toLocalInput(range.toMs, chosenZone()))
  const [isWrong, setWrong] = useState(false)
  const submit = (e: FormEvent): void => {
    e.preventDefault()
    const zone = chosenZone() === 'UTC' ? 'Z' : ''
    const fromMs = momentOf(from + zone, Date.now(), false)
    const toMs = momentOf(to + zone, Date.now(), true)
    if (fromMs === undefined || toMs === undefined || toMs <= fromMs) setWrong(true)
    else onChoose(String(fromMs), String(toMs))
  }
  return (
    <form onSubmit={submit} className={css['form']} noValidate>
      <h2 className={css['heading']}>{t('time.absolute')}</h2>
      <TextInput type="datetime-local" step={1} label={t('time.from')} value={from} onChange={e => { setFrom(e.currentTarget.value); setWrong(false) }} />
      <TextInput type="datetime-local" step={1} label={t('time.until')} value={to} error={isWrong ? t('time.invalid') : undefined} onChange={e => { setTo(e.currentTarget.value); setWrong(false) }} />
      <div className={css['last']}>
        <span className="dim">{chosenZone() === 'UTC' ? 'UTC' : t('time.zone', { zone: new Intl.DateTimeFormat().resolvedOptions().timeZone })}</span>
        <Button type="submit" size="compact-md">{t('action.apply')}</Button>
      </div>
    </form>
  )
}

/** Refresh now, and how often by itself. */
export function RefreshPicker(): ReactElement {
  const { t } = useWords()
  const { search, change } = usePageSearch()
  const { refreshNow, intervalMs } = useRefresh()
  const chosen = intervalMs === null ? 'off' : search.refresh ?? usualRefresh()
  const short = (text: string): string => (text === 'off' ? t('refresh.offShort') : text.replace(/(\d)([a-z])/, '$1 $2'))
  return (
    <div className={css['refresh']}>
      <Tooltip label={t('refresh.now')}><ActionIcon variant="default" size={36} className={css['now']} aria-label={t('refresh.now')} onClick={refreshNow}><IconRefresh size={18} /></ActionIcon></Tooltip>
      <LaterMenu
        position="bottom-end"
        target={<Button variant="default" className={css['every']} rightSection={<IconChevronDown size={14} aria-hidden />} aria-label={`${t('refresh.choose')}: ${short(chosen)}`}>{short(chosen)}</Button>}
      >
        <Menu.Label>{t('refresh.choose')}</Menu.Label>
        {REFRESH_PRESETS.map(text => (
          <Menu.Item key={text} leftSection={<IconCheck size={16} aria-hidden style={{ visibility: text === chosen ? 'visible' : 'hidden' }} />} aria-current={text === chosen || undefined}
            onClick={() => change({ refresh: text === usualRefresh() ? undefined : text }, 'replace')}>{short(text)}</Menu.Item>
        ))}
      </LaterMenu>
    </div>
  )
}

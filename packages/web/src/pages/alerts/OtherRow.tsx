import { useState } from 'react'
import type { ReactElement } from 'react'
import { ActionIcon, Button, Modal } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import type { GrafanaRuleSummary } from '@haechi/server'
import { groupExportPath, ruleExportPath } from '../../api/alerting.ts'
import { baseUrl } from '../../api/client.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { Ago } from '../../components/Ago.tsx'
import { failureText } from '../../components/Failure.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { quantityText, secondsQuantity } from '../../format/quantity.ts'
import { useAlertWords } from './alert-words.ts'
import { useRuleActions } from './rule-actions.ts'
import { RuleFindings } from './RuleFindings.tsx'
import { RuleHistory } from './RuleHistory.tsx'
import { lineHealth } from './rule-rows.ts'
import type { RuleLine } from './rule-rows.ts'
import css from './Alerts.module.css'

/** A rule of a file, or a Grafana-managed one. What it asks of the server is asked once it is opened: there may be a thousand of them. @param siblings  the rules of its group, in their order */
export function OtherRow({ line: r, siblings, onDeleted }: { readonly line: RuleLine; readonly siblings: readonly GrafanaRuleSummary[]; readonly onDeleted: (rule: GrafanaRuleSummary) => void }): ReactElement {
  const { t, a, said } = useAlertWords()
  const [isOpen, setOpen] = useState(false)
  const stateText = r.error !== undefined ? t('alerts.error') : r.state === 'paused' ? a('rules.paused') : r.state === 'recording' ? a('rules.recording') : t(`alerts.${r.state}`)
  return (
    <li className={css['rule']}>
      <StateMark health={lineHealth(r)} label={stateText} size={16} />
      <details className={css['ruleMain']} onToggle={e => setOpen(e.currentTarget.open)}>
        <summary><span className={css['ruleTitle']}>{r.title}<span className={css['tag']}>{r.from}</span></span>{r.error !== undefined && <span className={css['ruleError']}>{t('alerts.error')}: {said(r.error)}</span>}<RuleFindings {...(r.grafana === undefined ? {} : { uid: r.grafana.uid })} name={r.title} {...(r.grafana === undefined && r.file !== undefined ? { file: r.file } : {})} /></summary>
        {isOpen && (
          <div className={css['ruleOpen']}>
            <code className={css['exprShown']}>{r.query}</code>
            {r.isFile && <p className={css['ruleText']}>{a('rules.fixedFile', { file: r.file ?? r.from })}</p>}
            {r.grafana !== undefined && <GrafanaTools rule={r.grafana} isFile={r.isFile} siblings={siblings} onDeleted={onDeleted} />}
            {r.state !== 'recording' && <RuleHistory name={r.title} />}
          </div>
        )}
      </details>
      <span className={css['ruleState']}><span className={r.error !== undefined || r.state === 'firing' ? 'health-critical' : r.state === 'pending' ? 'health-warning' : 'dim'}>{stateText}</span>
        <span className="dim">{r.lastMs === undefined ? '' : <Ago ms={r.lastMs} />}{r.tookMs !== undefined && ` · ${a('rules.took', { time: quantityText(secondsQuantity(r.tookMs / 1000)) })}`}</span>
      </span>
    </li>
  )
}

/** What can be done with a Grafana-managed rule; one of a file is only copied and downloaded. */
function GrafanaTools({ rule: g, isFile, siblings, onDeleted }: { readonly rule: GrafanaRuleSummary; readonly isFile: boolean; readonly siblings: readonly GrafanaRuleSummary[]; readonly onDeleted: (rule: GrafanaRuleSummary) => void }): ReactElement {
  const { t, a, locale } = useAlertWords()
  const { change } = usePageSearch()
  const { pause, move, remove } = useRuleActions()
  const [isAsking, setAsking] = useState(false)
  const place = siblings.findIndex(s => s.uid === g.uid)
  const error = pause.error ?? move.error
  const isMovable = !isFile && siblings.length > 1 && siblings.every(s => s.provenance !== 'file')
  const gone = (): void => {
    setAsking(false)
    onDeleted(g)
  }
  const arrow = (by: -1 | 1): ReactElement => (
    <ActionIcon variant="default" size={30} loading={move.isPending && move.variables.by === by} disabled={siblings[place + by] === undefined} aria-label={a(by < 0 ? 'rule.moveUp' : 'rule.moveDown', { title: g.title })} onClick={() => move.mutate({ rule: g, by })}>
      {by < 0 ? <IconArrowUp size={16} /> : <IconArrowDown size={16} />}
    </ActionIcon>
  )
  return (
    <>
      <div className={css['buttons']}>
        {!isFile && <Button size="compact-sm" variant="default" onClick={() => change({ open: g.uid })}>{a('rule.change')}</Button>}
        {!isFile && <Button size="compact-sm" variant="default" loading={pause.isPending} onClick={() => pause.mutate(g)}>{a(g.paused ? 'rule.resume' : 'rule.pause')}</Button>}
        <Button size="compact-sm" variant="default" onClick={() => change({ open: `copy:${g.uid}` })}>{a('rule.duplicate')}</Button>
        {!isFile && <Button size="compact-sm" variant="default" onClick={() => setAsking(true)}>{t('action.delete')}</Button>}
        <a href={new URL(ruleExportPath(g.uid), baseUrl()).href} download>{a('rule.export')}</a>
        <a href={new URL(groupExportPath(g.folderUid, g.group), baseUrl()).href} download>{a('rule.exportGroup')}</a>
      </div>
      {isMovable && <div className={css['buttons']}><span className={css['ruleText']}>{a('rule.moveTitle', { place: place + 1, count: siblings.length, group: g.group })}</span>{arrow(-1)}{arrow(1)}</div>}
      {error !== null && <p className="health-critical" role="alert">{failureText(error, t, locale).text}</p>}
      <Modal opened={isAsking} onClose={() => setAsking(false)} title={a('rule.deleteTitle', { title: g.title })} closeButtonProps={{ 'aria-label': t('action.close') }}>
        <p>{a('rule.deleteSure')}</p>
        {remove.isError && <p className="health-critical" role="alert">{failureText(remove.error, t, locale).text}</p>}
        <div className={css['dialogButtons']}><Button variant="default" data-autofocus onClick={() => setAsking(false)}>{t('action.cancel')}</Button><Button color="red.8" loading={remove.isPending} onClick={() => void remove.mutateAsync(g).then(gone, () => undefined)}>{t('action.delete')}</Button></div>
      </Modal>
    </>
  )
}

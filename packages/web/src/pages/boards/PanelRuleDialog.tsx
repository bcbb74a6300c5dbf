import '@mantine/core/styles/Combobox.css'
import { useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import { Button, Modal } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { readDashboard } from '@haechi/dashboards'
import type { Panel } from '@haechi/dashboards'
import { keepTime } from '../../state/search.ts'
import type { PageSearch } from '../../state/search.ts'
import type { GrafanaDashboardJson } from '../../state/view-types.ts'
import { RuleForm } from '../alerts/RuleForm.tsx'
import type { SavedRule } from '../alerts/RuleForm.tsx'
import { useEditWords } from './edit/edit-words.ts'
import { ruleOfPanel } from './panel-rule.ts'
import css from './edit/Edit.module.css'

/** "Make an alert of this panel": query, unit and threshold are taken from it; what was made is on the alerts page. */
export function PanelRuleDialog({ panel, board, variables, onClose }: { readonly panel: Panel; readonly board: GrafanaDashboardJson; readonly variables: Readonly<Record<string, readonly string[]>>; readonly onClose: () => void }): ReactElement {
  const { e, t } = useEditWords()
  const navigate = useNavigate()
  const start = useMemo(() => ({ ...ruleOfPanel(panel, readDashboard(board).variables, variables), panel: { boardUid: String(board['uid'] ?? ''), panelId: panel.id } }), [panel, board, variables])
  const [saved, setSaved] = useState<SavedRule | undefined>(undefined)
  return (
    <Modal opened onClose={onClose} title={e('rule.title')} size="xl" closeButtonProps={{ 'aria-label': t('action.close') }}>
      {saved === undefined ? <RuleForm start={start} saveLabel={e('rule.make')} onSaved={setSaved} onCancel={onClose} /> : (
        <div className={css['rows']}>
          <p role="status">{e('rule.done', { title: saved.title })}</p>
          <div className={css['tools']}>
            <Button data-autofocus onClick={() => void navigate({ to: '/alerts' as never, search: ((prev: PageSearch) => ({ ...keepTime(prev), tab: 'rules', open: saved.uid })) as never })}>{e('rule.open')}</Button>
            <Button variant="default" onClick={onClose}>{t('action.close')}</Button>
          </div>
        </div>
      )}
    </Modal>
  )
}

import type { ReactElement } from 'react'
import { Modal } from '@mantine/core'
import type { GrafanaRuleSummary } from '@haechi/server'
import { useAlertWords } from './alert-words.ts'
import { RuleForm } from './RuleForm.tsx'
import type { RuleStart } from './RuleForm.tsx'

const BLANK: RuleStart = { title: '', expr: '', op: '>', value: undefined, unit: '' }

/** A new rule, or the change of a Grafana-managed one, over the list. */
export function RuleDialog({ grafana, onClose }: { readonly grafana?: GrafanaRuleSummary; readonly onClose: () => void }): ReactElement {
  const { t, a } = useAlertWords()
  return (
    <Modal opened onClose={onClose} size="xl" title={a(grafana === undefined ? 'rule.new' : 'rule.edit')} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <RuleForm start={BLANK} {...(grafana === undefined ? {} : { grafana })} saveLabel={a('rule.save')} onSaved={onClose} onCancel={onClose} />
    </Modal>
  )
}

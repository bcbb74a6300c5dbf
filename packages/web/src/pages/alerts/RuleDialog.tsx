import type { ReactElement } from 'react'
import type { GrafanaRuleSummary } from '@haechi/server'
import { useAlertWords } from './alert-words.ts'
import { FormDialog } from './FormDialog.tsx'
import { RuleForm } from './RuleForm.tsx'
import type { RuleStart } from './RuleForm.tsx'

const BLANK: RuleStart = { title: '', expr: '', op: '>', value: undefined, unit: '' }

/** Props of `RuleDialog`. */
export interface RuleDialogProps {
  /** The Grafana-managed rule to be changed. */
  readonly grafana?: GrafanaRuleSummary
  /** The Grafana-managed rule that a new one is to be like. */
  readonly copyOf?: GrafanaRuleSummary
  /** What a simple one begins with. */
  readonly start?: RuleStart
  readonly onClose: () => void
}

/** A new rule, or the change of a Grafana-managed one, over the list. */
export function RuleDialog({ grafana, copyOf, start = BLANK, onClose }: RuleDialogProps): ReactElement {
  const { a } = useAlertWords()
  return (
    <FormDialog title={a(grafana === undefined ? 'rule.new' : 'rule.edit')} size="xl" onClose={onClose}>
      {({ leave, done }) => <RuleForm start={start} {...(grafana === undefined ? {} : { grafana })} {...(copyOf === undefined ? {} : { copyOf })} saveLabel={a('rule.save')} onSaved={done} onCancel={leave} />}
    </FormDialog>
  )
}

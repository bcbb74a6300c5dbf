import { Modal } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { intervalText } from '@haechi/dashboards'
import { panelWords } from './panel-words.ts'
import css from './PanelCard.module.css'
import type { Panel, PanelQuery } from '@haechi/dashboards'
import type { Language } from './types.ts'

/** Shows a panel's queries, as they are written and as they were asked. */
export function QueryDialog({ panel, title, queries, language, onClose }: { readonly panel: Panel; readonly title: string; readonly queries: readonly PanelQuery[]; readonly language: Language; readonly onClose: () => void }): ReactElement {
  const words = panelWords(language)
  return (
    <Modal opened onClose={onClose} title={title} size="lg" closeButtonProps={{ 'aria-label': words.close }}>
      <div className={css['queries']}>
        {queries.length === 0 && <p>{words.noQuery}</p>}
        {queries.map((q, i) => {
          const written = panel.targets.find(t => t.refId === q.refId)?.expr.trim() ?? ''
          return (
            <section key={`${q.refId}${i}`} className={css['query']}>
              <h3>{words.query} {q.refId}</h3>
              <Code text={q.expr} copy={words.copy} copied={words.copied} note={q.instant ? '' : `${words.step} ${intervalText(q.stepMs)}`} />
              {written !== q.expr && <details><summary>{words.original}</summary><pre>{written}</pre></details>}
            </section>
          )
        })}
      </div>
    </Modal>
  )
}

function Code({ text, copy, copied, note }: { readonly text: string; readonly copy: string; readonly copied: string; readonly note: string }): ReactElement {
  const [isCopied, setCopied] = useState(false)
  const onCopy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
  }
  return (
    <>
      <pre>{text}</pre>
      <footer>
        <button type="button" className={css['action']} onClick={() => { onCopy().catch(() => setCopied(false)) }}>{isCopied ? copied : copy}</button>
        <span>{note}</span>
      </footer>
    </>
  )
}

import { useEffect, useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import { interpolateText } from '@haechi/dashboards'
import type { Panel, VariableValues } from '@haechi/dashboards'
import css from './TextView.module.css'

/** A panel of words. Markdown and HTML are sanitised; what runs or loads is taken out. */
export function TextView({ panel, variables }: { readonly panel: Panel; readonly variables: VariableValues }): ReactElement {
  const content = typeof panel.options['content'] === 'string' ? panel.options['content'] : ''
  const mode = panel.options['mode']
  const text = useMemo(() => interpolateText(content, variables), [content, variables])
  const [html, setHtml] = useState('')
  useEffect(() => {
    if (mode === 'code') return undefined
    let isCurrent = true
    void (async () => {
      const clean = await renderText(text, mode === 'html')
      if (isCurrent) setHtml(clean)
    })()
    return () => { isCurrent = false }
  }, [text, mode])
  if (mode === 'code') return <pre className={css['code']}>{text}</pre>
  // Sanitised by renderText.
  return <div className={css['text']} dangerouslySetInnerHTML={{ __html: html }} />
}

/** Markdown (or HTML) as safe HTML. The two libraries are loaded when the first text panel is shown. */
async function renderText(text: string, isHtml: boolean): Promise<string> {
  const [{ marked }, { default: purify }] = await Promise.all([import('marked'), import('dompurify')])
  const html = isHtml ? text : await marked.parse(text)
  return purify.sanitize(html, {
    USE_PROFILES: { html: true }, FORBID_TAGS: ['style', 'form', 'input', 'button', 'textarea', 'select', 'iframe', 'object', 'embed', 'video', 'audio'], FORBID_ATTR: ['style', 'srcset', 'ping'],
  })
}

import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { HighlightStyle, bracketMatching, syntaxHighlighting } from '@codemirror/language'
import { linter, lintKeymap } from '@codemirror/lint'
import type { Diagnostic } from '@codemirror/lint'
import { Compartment, EditorState, Prec } from '@codemirror/state'
import type { Extension } from '@codemirror/state'
import { Decoration, EditorView, MatchDecorator, ViewPlugin, keymap, placeholder } from '@codemirror/view'
import type { DecorationSet, ViewUpdate } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { PromQLExtension } from '@prometheus-io/codemirror-promql'
import { useAskedSource } from '../../api/asked-source.ts'
import { apiOf, baseUrl } from '../../api/client.ts'
import { ApiFailure, errorPlace } from '../../api/failure.ts'
import { checkQuery } from '../../api/prometheus.ts'
import { loadMessages, saidIn } from '../../i18n/index.ts'
import { readLocale } from '../../i18n/locale.ts'
import { placeInText } from './place-in-text.ts'
import './codemirror.css'

/** Props of `PromqlEditor`. */
export interface PromqlEditorProps {
  readonly value: string
  readonly label: string
  readonly placeholder: string
  readonly autoFocus?: boolean
  readonly onChange: (value: string) => void
  readonly onRun: () => void
}

const highlight = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--hc-code-keyword)' },
  { tag: tags.operatorKeyword, color: 'var(--hc-code-keyword)' },
  { tag: tags.modifier, color: 'var(--hc-code-keyword)' },
  { tag: tags.function(tags.variableName), color: 'var(--hc-code-function)' },
  { tag: tags.labelName, color: 'var(--hc-code-label)' },
  { tag: tags.string, color: 'var(--hc-code-string)' },
  { tag: tags.number, color: 'var(--hc-code-number)' },
  { tag: tags.comment, color: 'var(--hc-dim)', fontStyle: 'italic' },
  { tag: tags.invalid, color: 'var(--hc-critical)' },
])

/** Names that are filled in before the query is asked; the grammar of PromQL knows none and would mark them as faults. */
const VARIABLE = /\$\{[\w.:]+\}|\$\w+|\[\[[\w.:]+\]\]/g
const variableMarks = new MatchDecorator({ regexp: VARIABLE, decoration: Decoration.mark({ class: 'hc-variable' }) })
const variables = ViewPlugin.fromClass(class {
  marks: DecorationSet

  constructor(view: EditorView) {
    this.marks = variableMarks.createDeco(view)
  }

  update(u: ViewUpdate): void {
    this.marks = variableMarks.updateDeco(u, this.marks)
  }
}, { decorations: v => v.marks })

/** The words that the server refuses, at the place that it names. The server judges, not the editor's own grammar: that one knows fewer functions. */
async function serverDiagnostics(view: EditorView, source: string | undefined): Promise<readonly Diagnostic[]> {
  const text = view.state.doc.toString()
  // A text with variables is not PromQL yet; the run says what is wrong with it.
  if (text.trim() === '' || /\$[\w{]|\[\[/.test(text)) return []
  try {
    await checkQuery(text, undefined, source)
  } catch (err) {
    if (!(err instanceof ApiFailure) || err.kind !== 'refused') return []
    const place = errorPlace(err.message)
    if (place === undefined) return []
    const locale = readLocale()
    await loadMessages(locale)
    return [{ ...placeInText(text, place.line, place.column), severity: 'error', message: saidIn(locale, place.text) }]
  }
  return []
}

function completions(source: string | undefined): PromQLExtension {
  return new PromQLExtension().activateLinter(false).setComplete({ remote: { url: baseUrl().replace(/\/$/, ''), apiPrefix: `/${apiOf(source)}`, httpMethod: 'GET', httpErrorHandler: () => {} } })
}

/** What asks the data source: completion and the marks of errors. */
function askedExtensions(source: string | undefined): Extension {
  return [completions(source).asExtension(), linter(view => serverDiagnostics(view, source), { delay: 400 })]
}

/** The PromQL editor of Prometheus, completing from our API and marking errors where the server finds them. Ctrl Enter runs; Tab leaves it. Heavy: load it lazily. */
export function PromqlEditor({ value, label, placeholder: hint, autoFocus = false, onChange, onRun }: PromqlEditorProps): ReactElement {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const source = useAskedSource()
  const parts = useRef({ label: new Compartment(), hint: new Compartment(), asked: new Compartment() })
  // The editor lives longer than the callbacks of one render.
  const callbacks = useRef({ onChange, onRun })
  useEffect(() => {
    callbacks.current = { onChange, onRun }
  })

  useEffect(() => {
    const { label: labelPart, hint: hintPart, asked } = parts.current
    const editor = new EditorView({
      parent: host.current!,
      state: EditorState.create({
        doc: value,
        extensions: [
          Prec.highest(keymap.of([{ key: 'Mod-Enter', run: () => { callbacks.current.onRun(); return true } }])),
          history(), bracketMatching(), closeBrackets(), autocompletion({ icons: false }),
          keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap]),
          asked.of(askedExtensions(source)),
          syntaxHighlighting(highlight),
          variables,
          EditorView.lineWrapping,
          labelPart.of(EditorView.contentAttributes.of({ 'aria-label': label })),
          hintPart.of(placeholder(hint)),
          EditorView.updateListener.of(u => { if (u.docChanged) callbacks.current.onChange(u.state.doc.toString()) }),
        ],
      }),
    })
    view.current = editor
    if (autoFocus) editor.focus()
    return () => {
      editor.destroy()
      view.current = null
    }
    // Made once; the effects below carry later changes into it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [])

  useEffect(() => {
    const editor = view.current!
    const text = editor.state.doc.toString()
    if (text !== value) editor.dispatch({ changes: { from: 0, to: text.length, insert: value } })
  }, [value])
  const first = useRef(source)
  useEffect(() => {
    if (first.current === source) return
    first.current = source
    view.current!.dispatch({ effects: parts.current.asked.reconfigure(askedExtensions(source)) })
  }, [source])
  useEffect(() => {
    view.current!.dispatch({ effects: [parts.current.label.reconfigure(EditorView.contentAttributes.of({ 'aria-label': label })), parts.current.hint.reconfigure(placeholder(hint))] })
  }, [label, hint])

  return <div ref={host} className="hc-editor" />
}

import { useState } from 'react'
import type { ReactElement } from 'react'
import { sameJson } from '@haechi/dashboards'
import type { JsonObject } from '@haechi/dashboards'
import { isTime } from '../../alerts/grafana-rule.ts'
import { NodeEditor } from '../../alerts/NodesEditor.tsx'
import { NODE_KINDS, isNodeComplete, newNode, nodeJson, nodesOf } from '../../alerts/rule-nodes.ts'
import type { RuleNode } from '../../alerts/rule-nodes.ts'

/** The source of what the server computes from other queries. */
const SOURCE: JsonObject = { type: '__expr__', uid: '__expr__', name: 'Expression' }
const KINDS = NODE_KINDS.filter(k => k !== 'query')

/** Whether an entry of `targets` is computed from others. */
export function isExpressionTarget(target: JsonObject): boolean {
  const source = target['datasource']
  const named = typeof source === 'string' ? [source] : typeof source === 'object' && source !== null ? Object.values(source) : []
  return named.includes('__expr__') || named.includes('-100') || target['datasourceId'] === -100
}

/** A new expression: a formula on the query before it. */
export function newExpression(refId: string, before: string): JsonObject {
  return targetOf(newNode(refId, 'math', { input: before === '' ? '' : `$${before} * 2` }), {})
}

function targetOf(node: RuleNode, old: JsonObject): JsonObject {
  const hide = old['hide']
  return { ...(nodeJson(node, 0)['model'] as JsonObject), datasource: SOURCE, ...(hide === undefined ? {} : { hide }) }
}

function nodeOf(json: JsonObject): RuleNode {
  return nodesOf([{ refId: json['refId'], datasourceUid: '__expr__', model: json }])[0]!
}

/** The settings of an expression. What is not complete yet is not written. */
export function ExpressionEditor({ json, letters, onChange }: { readonly json: JsonObject; readonly letters: readonly string[]; readonly onChange: (json: JsonObject) => void }): ReactElement {
  const [draft, setDraft] = useState<{ readonly json: JsonObject; readonly node: RuleNode }>(() => ({ json, node: nodeOf(json) }))
  // What was written elsewhere, by undo or as JSON, replaces what is typed here.
  const node = sameJson(draft.json, json) ? draft.node : nodeOf(json)
  return (
    <NodeEditor
      node={node} others={letters.filter(l => l !== node.refId)} isTried={false} kinds={KINDS}
      onChange={next => {
        const written = isNodeComplete(next, isTime) ? targetOf(next, json) : json
        setDraft({ json: written, node: next })
        if (written !== json) onChange(written)
      }}
    />
  )
}

/** Who throws what people are shown; by package, because a call of the same name means another thing elsewhere. */
const SHOWN: Readonly<Record<string, { readonly errors: RegExp; readonly calls: RegExp; readonly except?: RegExp }>> = {
  model: { errors: /^(?:ConfigError|DurationError|RelabelError)$/, calls: /^(?:wrong|placed|error)$/ },
  promql: { errors: /^QueryError$/, calls: /^(?:fail|issue|wrong|error)$/, except: /promqltest\// },
  scrape: { errors: /^(?:ConfigError|RelabelError)$/, calls: /^(?:error|itemError)$/, except: /(?:discoverers|manager|scrape-pool|target-writer)\.ts$/ },
  config: { errors: /^(?:Error|ConfigError)$/, calls: /^(?:error|itemError)$/ },
  rules: { errors: /^(?:ExpressionError|MathSyntaxError|AlertLimitError|DuplicateAlertError|QueryError)$/, calls: /^(?:error|wrong|complain)$/, except: /(?:manager|group|run-test|test-file)\.ts$/ },
  alerting: { errors: /^(?:GrafanaAlertingError|SilenceError)$/, calls: /^(?:error|wrong)$/, except: /(?:pipeline|relay|alertmanager-sender)\.ts$/ },
  dashboards: { errors: /^DashboardError$/, calls: /^$/ },
  tsdb: { errors: /^DataDirError$/, calls: /^$/ },
  server: { errors: /^(?:ApiError|ListenError|StateError|ConfigError)$/, calls: /^error$/, except: /(?:grafana\/(?:alert-rules|answers|provisioning|resource-apis)|own\/routes|alertmanager\/routes|prometheus\/\w+|state\/open-state|server)\.ts$/ },
  app: { errors: /^(?:ApiError|ProvisioningError|StartError)$/, calls: /^$/ },
  cli: { errors: /^InvalidArgumentError$/, calls: /^$/ },
}
/** Errors whose class is checked even in files whose calls of that name go to the log. */
const ALWAYS = /^(?:ApiError|ProvisioningError)$/

interface SourceNode { readonly type: string; readonly [key: string]: unknown }

/** The messages in a source file that people can be shown, a made-up value in each gap; only sentences, not single words. */
export function expectedMessages(file: string, program: unknown): string[] {
  const shown = SHOWN[/^packages\/(\w+)\//.exec(file)?.[1] ?? '']
  if (shown === undefined) return []
  const callsCount = shown.except?.test(file) !== true
  const found: string[] = []
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const item of node) visit(item)
      return
    }
    if (typeof node !== 'object' || node === null) return
    const n = node as SourceNode
    if (n.type === 'NewExpression' || n.type === 'CallExpression') {
      const name = nameOf(n['callee'] as SourceNode)
      const counts = n.type === 'NewExpression' ? (shown.errors.test(name) && callsCount) || ALWAYS.test(name) : callsCount && shown.calls.test(name)
      if (counts) found.push(...(n['arguments'] as SourceNode[]).flatMap(textsOf))
    }
    for (const [key, value] of Object.entries(n)) if (key !== 'type' && typeof value === 'object') visit(value)
  }
  visit(program)
  return found.filter(text => /\S \S/.test(text.replaceAll(GAP, '')) && !text.startsWith('BUG: ') && !NOT_SHOWN.test(text))
}

const GAP = 'X9'
/** Frames around another message; and what ends a start that was stopped, which says nothing. */
const NOT_SHOWN = /^(?:X9: (?:settings\.X9: )?X9|stopped before everything was started)$/

function nameOf(callee: SourceNode): string {
  const at = callee.type === 'MemberExpression' ? callee['property'] as SourceNode : callee
  return typeof at['name'] === 'string' ? at['name'] : ''
}

/** Both ends of `a ? b : c`; a template with its gaps filled; nothing for what is computed elsewhere. */
function textsOf(node: SourceNode): string[] {
  switch (node.type) {
    case 'ConditionalExpression': return [...textsOf(node['consequent'] as SourceNode), ...textsOf(node['alternate'] as SourceNode)]
    case 'Literal': return typeof node['value'] === 'string' ? [node['value']] : []
    case 'TemplateLiteral': {
      const quasis = node['quasis'] as readonly { readonly value: { readonly cooked: string } }[]
      return [quasis.map(q => q.value.cooked).join(GAP)]
    }
    default: return []
  }
}

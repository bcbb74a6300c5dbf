// The order of the house: each package may import only packages of earlier layers, no file may import a package's inside, and
// files may not import each other in a circle.

import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { existsSync } from 'node:fs'
import { files, root } from './lib.mjs'

const LAYERS = [
  ['model'],
  ['exposition', 'storage', 'template'],
  ['tsdb', 'remote', 'promql', 'instrument'],
  ['host', 'scrape', 'rules', 'alerting', 'dashboards'],
  ['insight'],
  ['config'],
  ['server'],
  ['app'],
  ['cli'],
]
const LAYER = new Map(LAYERS.flatMap((names, i) => names.map(name => [name, i])))
/** Further entrances of packages, named in their package.json. */
const ENTRANCES = new Set(['storage/suite', 'server/api-types', 'promql/syntax', 'model/korean', 'model/proxy'])
/** What may be imported besides earlier layers, with the reason. */
const ALSO = {
  web: new Set(['model', 'promql', 'dashboards', 'server']), // server: types only, checked below
  testkit: new Set(LAYERS.flat()),
  rules: new Set(['dashboards']),
}

/** @returns the violations as lines */
export function layerViolations() {
  const wrong = []
  const graph = new Map()
  for (const path of files(['packages'])) {
    if (!/\.tsx?$/.test(path)) continue
    const name = relative(join(root, 'packages'), path).split(/[/\\]/)[0]
    const test = /\.(test|bench)\.tsx?$|[/\\]test[/\\]|[/\\]suite[/\\]/.test(path)
    const text = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    const imports = [...text.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'|import\('([^']+)'\)/gm)]
    const edges = []
    for (const [, typeOnly, from, dynamic] of imports) {
      const spec = from ?? dynamic
      const ours = /^@haechi\/([^/]+)(\/.+)?$/.exec(spec)
      const at = relative(root, path)
      if (ours !== null) {
        const [, target, inside] = ours
        if (inside !== undefined && !ENTRANCES.has(target + inside)) wrong.push(`${at}: imports the inside of @haechi/${target}`)
        if (target === name) { if (!test) wrong.push(`${at}: imports its own package by name`) }
        else if (target === 'testkit') { if (!test) wrong.push(`${at}: testkit is for tests only`) }
        else if (ALSO[name]?.has(target)) { if (name === 'web' && target === 'server' && !typeOnly) wrong.push(`${at}: web takes only types from server`) }
        else if (!test && !(LAYER.get(target) < LAYER.get(name))) wrong.push(`${at}: ${name} may not import ${target}`)
      } else if (spec.startsWith('.') && !typeOnly && !test) {
        const to = join(dirname(path), spec)
        if (relative(join(root, 'packages', name), to).startsWith('..')) wrong.push(`${at}: reaches into another package (${spec})`)
        if (existsSync(to)) edges.push(to)
      }
    }
    graph.set(path, edges)
  }
  return [...wrong, ...cycles(graph)]
}

function cycles(graph) {
  const state = new Map()
  const found = []
  const visit = (node, trail) => {
    state.set(node, 1)
    for (const next of graph.get(node) ?? []) {
      if (state.get(next) === 1) found.push(`import cycle: ${[...trail.slice(trail.indexOf(next)), next].map(p => relative(root, p)).join(' -> ')}`)
      else if (!state.has(next)) visit(next, [...trail, next])
    }
    state.set(node, 2)
  }
  for (const node of graph.keys()) if (!state.has(node)) visit(node, [node])
  return found
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const wrong = layerViolations()
  for (const line of wrong) console.error(line)
  console.log(wrong.length === 0 ? 'layers: in order' : `layers: ${wrong.length} violations`)
  process.exit(wrong.length === 0 ? 0 : 1)
}

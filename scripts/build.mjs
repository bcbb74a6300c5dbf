// Builds dist/: the server as one bundle with its thread entries, and the web UI. Only what changed is built again.

import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { digest, install, locked, root, run, stamp, stamped } from './lib.mjs'

const TESTS = /(^|\/)(node_modules|dist|test|test-output)(\/|$)|\.(test|bench)\.tsx?$/

/** Builds what is out of date. */
export async function build() {
  install()
  const server = digest(['package-lock.json', 'scripts/build.mjs', ...serverFolders()], TESTS)
  if (!stamped('server', server) || !existsSync(join(root, 'dist/haechi.js'))) {
    console.log('haechi: building the server …')
    await buildServer()
    stamp('server', server)
  }
  const instrument = digest(['package-lock.json', 'scripts/build.mjs', 'packages/instrument/src', 'packages/instrument/package.json'], TESTS)
  if (!stamped('instrument', instrument) || !existsSync(join(root, 'packages/instrument/dist/index.js'))) {
    await buildInstrument()
    stamp('instrument', instrument)
  }
  const promql = digest(['package-lock.json', 'scripts/build.mjs', 'packages/promql/package.json', ...PROMQL_PARTS.map(name => `packages/${name}/src`)], TESTS)
  if (!stamped('promql', promql) || !existsSync(join(root, 'packages/promql/dist/index.js'))) {
    await buildPromql()
    stamp('promql', promql)
  }
  await buildWeb()
}

/** Builds the pages if they are out of date; of several processes that want them one does. */
export function buildWeb() {
  return locked('web', async () => {
    const web = digest(['package-lock.json', 'packages/web', 'packages/dashboards/src', 'packages/model/src', 'packages/promql/src', 'packages/server/src/api-types.ts'], TESTS)
    if (!stamped('web', web) || !existsSync(join(root, 'dist/web/index.html'))) {
      console.log('haechi: building the web pages …')
      const code = await run(process.execPath, [join(root, 'node_modules/vite/bin/vite.js'), 'build', 'packages/web', '--logLevel', 'warn'])
      if (code !== 0) process.exit(code)
      stamp('web', web)
    }
  })
}

function serverFolders() {
  const names = ['model', 'exposition', 'storage', 'template', 'tsdb', 'remote', 'promql', 'instrument', 'host', 'scrape', 'rules', 'alerting', 'dashboards', 'insight', 'config', 'server', 'app', 'cli']
  return names.map(name => `packages/${name}/src`)
}

async function buildServer() {
  const { rolldown } = await import('rolldown')
  const out = join(root, 'dist')
  mkdirSync(out, { recursive: true })
  const bundle = await rolldown({
    cwd: root,
    platform: 'node',
    input: {
      haechi: 'packages/cli/src/bin.ts',
      'query-thread': 'packages/app/src/query-thread.ts',
      'maintenance-thread': 'packages/app/src/maintenance-thread.ts',
      'chart-thread': 'packages/app/src/chart-thread.ts',
      'demo-service': 'packages/app/src/demo/service.ts',
    },
    resolve: { conditionNames: ['haechi:source', 'node'] },
    transform: { target: 'node20', define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' } },
    // Optional accelerators that libraries look for and do without.
    external: ['pg', 'pg-native', 'bufferutil', 'utf-8-validate', 'fsevents'],
    onLog(level, log, report) {
      if (log.code === 'EVAL' || log.code === 'CIRCULAR_DEPENDENCY') return
      report(level, log)
    },
  })
  rmSync(join(out, 'chunks'), { recursive: true, force: true })
  const result = await bundle.write({
    dir: out, format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js', sourcemap: true,
    // V8 keeps the source: in ASCII it takes one byte a character, not two. Names and lines stay, for stack traces.
    comments: false, minify: { compress: false, mangle: false, codegen: { removeWhitespace: false, asciiOnly: true } },
  })
  await bundle.close()
  const sqlite = join(root, 'node_modules/node-sqlite3-wasm/dist/node-sqlite3-wasm.wasm')
  const renderer = [['@resvg/resvg-wasm/index_bg.wasm', 'resvg.wasm'], ['pretendard/dist/public/static/Pretendard-Regular.otf', 'Pretendard-Regular.otf']]
  // The module looks for its WebAssembly beside itself: in the folder of whichever file it was bundled into.
  const zstd = join(root, 'node_modules/@bokuweb/zstd-wasm/dist/common/zstd.wasm')
  for (const folder of [out, join(out, 'chunks')]) {
    mkdirSync(folder, { recursive: true })
    cpSync(sqlite, join(folder, 'node-sqlite3-wasm.wasm'))
    cpSync(zstd, join(folder, 'zstd.wasm'))
  }
  // What pictures of alerts are drawn with.
  for (const [from, to] of renderer) cpSync(join(root, 'node_modules', from), join(out, to))
  writeFileSync(join(out, 'package.json'), `${JSON.stringify({ type: 'module' })}\n`)
  writeLicences([...result.output.flatMap(chunk => (chunk.type === 'chunk' ? chunk.moduleIds : [])), zstd, ...renderer.map(([from]) => join(root, 'node_modules', from))], out)
}

/** The middleware for users' Node services, as they import it: examples/express does. */
async function buildInstrument() {
  const { rolldown } = await import('rolldown')
  const folder = join(root, 'packages/instrument')
  const bundle = await rolldown({ cwd: folder, platform: 'node', input: { index: 'src/index.ts' }, external: ['prom-client'], transform: { target: 'node20' } })
  await bundle.write({ dir: join(folder, 'dist'), format: 'esm', entryFileNames: '[name].js', sourcemap: true })
  await bundle.close()
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const code = await run(process.execPath, [tsc, '--ignoreConfig', 'packages/instrument/src/index.ts', '--declaration', '--emitDeclarationOnly', '--outDir', 'packages/instrument/dist', '--target', 'es2023', '--module', 'nodenext', '--strict', '--skipLibCheck', '--types', 'node', '--rewriteRelativeImportExtensions'])
  if (code !== 0) process.exit(code)
}

/** Packages that the language and its engine are made of. */
const PROMQL_PARTS = ['model', 'storage', 'promql']

/** The language and its engine as a package that stands alone: everything of ours is inside, `re2js` is its only dependency. */
async function buildPromql() {
  const { rolldown } = await import('rolldown')
  const folder = join(root, 'packages/promql')
  const dist = join(folder, 'dist')
  rmSync(dist, { recursive: true, force: true })
  const bundle = await rolldown({
    cwd: folder, platform: 'node', input: { index: 'src/index.ts', syntax: 'src/syntax.ts' }, external: ['re2js'], resolve: { conditionNames: ['haechi:source', 'node'] }, transform: { target: 'node20' },
  })
  await bundle.write({ dir: dist, format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunk-[hash].js' })
  await bundle.close()
  const types = join(dist, 'types')
  // All files by name: those that are only reached through node_modules would get no declarations.
  const files = PROMQL_PARTS.flatMap(name => readdirSync(join(root, 'packages', name, 'src'), { recursive: true }).filter(file => file.endsWith('.ts') && !TESTS.test(file) && !file.startsWith('suite')).map(file => `packages/${name}/src/${file}`))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const code = await run(process.execPath, [tsc, '--ignoreConfig', ...files, '--declaration', '--emitDeclarationOnly', '--rootDir', 'packages', '--outDir', types, '--customConditions', 'haechi:source', '--target', 'es2023', '--module', 'nodenext', '--strict', '--skipLibCheck', '--types', 'node', '--rewriteRelativeImportExtensions', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes'])
  if (code !== 0) process.exit(code)
  // Imports of our other packages are paths here, and of files as they are called when built.
  for (const file of readdirSync(types, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue
    const path = join(file.parentPath, file.name)
    const text = readFileSync(path, 'utf8').replace(/(['"])@haechi\/(model|storage)\1/g, (_m, quote, name) => `${quote}${relative(file.parentPath, join(types, name, 'src/index.js'))}${quote}`)
    // Reading of configuration files is no part of this, and would want the types of a parser of YAML.
    if (/^(?:fields|relabel)\.d\.ts$/.test(file.name)) {
      rmSync(path)
      continue
    }
    writeFileSync(path, text.replace(/^export .* from ['"]\.\/(?:fields|relabel)\.[jt]s['"];?\n/gm, '').replace(/(from ['"]|import\(['"])(\.[^'"]*)\.ts(['"])/g, '$1$2.js$3'))
  }
}

/** The licence texts of what the bundle contains. */
function writeLicences(modules, out) {
  const packages = new Map()
  for (const id of modules) {
    const match = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replaceAll('\\', '/').replace(/^\0/, ''))
    if (match !== null) packages.set(match[1], match[1])
  }
  const parts = []
  for (const folder of [...packages.keys()].sort()) {
    const manifest = join(folder, 'package.json')
    if (!existsSync(manifest)) continue
    const { name, version, license } = JSON.parse(readFileSync(manifest, 'utf8'))
    const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license', 'LICENCE', 'License.txt', 'LICENSE-MIT'].map(f => join(folder, f)).find(existsSync)
    parts.push(`${name} ${version} (${license})\n\n${file === undefined ? '' : readFileSync(file, 'utf8').trim()}\n`)
  }
  writeFileSync(join(dirname(join(out, 'x')), 'THIRD_PARTY_LICENSES'), parts.join(`\n${'-'.repeat(80)}\n\n`))
}

if (process.argv[1] === new URL(import.meta.url).pathname) await (process.argv[2] === 'web' ? buildWeb() : build())

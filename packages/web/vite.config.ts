import { createRequire } from 'node:module'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { rolldown } from 'rolldown'
import { defineConfig } from 'vite'
import type { Plugin, Rolldown, UserConfig } from 'vite'

const compress = promisify(gzip)

/** Writes `x.gz` beside each text file of the build, so that the server sends it without working. Files that gzip does not help are left alone. */
function precompress(): Plugin {
  return {
    name: 'haechi-precompress',
    apply: 'build',
    async writeBundle(options) {
      const dir = options.dir!
      const names = await readdir(dir, { recursive: true })
      await Promise.all(names.filter(n => /\.(?:js|css|html|svg|json|txt)$/.test(n)).map(async name => {
        const raw = await readFile(join(dir, name))
        if (raw.length < 1024) return
        const packed = await compress(raw, { level: 9 })
        if (packed.length < raw.length) await writeFile(join(dir, `${name}.gz`), packed)
      }))
    },
  }
}

/** The code points of a CSS `unicode-range`. */
function* codePoints(range: string): Generator<number> {
  for (const part of range.split(',')) {
    const match = /U\+([0-9a-f]+)(?:-([0-9a-f]+))?/i.exec(part)
    if (match === null) continue
    const last = Number.parseInt(match[2] ?? match[1]!, 16)
    for (let c = Number.parseInt(match[1]!, 16); c <= last; c++) yield c
  }
}

/** The 2,350 syllables of KS X 1001, which everyday Korean is written with. */
function everydaySyllables(): Set<number> {
  const decoder = new TextDecoder('euc-kr')
  const out = new Set<number>()
  for (let row = 0xb0; row <= 0xc8; row++) for (let cell = 0xa1; cell <= 0xfe; cell++) out.add(decoder.decode(Uint8Array.of(row, cell)).codePointAt(0)!)
  return out
}

/**
 * `virtual:pretendard.css`: the slices of the variable font that hold Latin letters, signs or everyday Korean, each with its `unicode-range`, so that a page loads only those it
 * shows. Rarer syllables and Chinese characters come from the system's fonts; the whole font would double what users download.
 */
function pretendard(): Plugin {
  const sheet = createRequire(import.meta.url).resolve('pretendard/dist/web/variable/pretendardvariable-dynamic-subset.css')
  const id = 'virtual:pretendard.css'
  return {
    name: 'haechi-pretendard',
    resolveId: source => (source === id ? `${sheet}?everyday` : undefined),
    async load(file) {
      if (file !== `${sheet}?everyday`) return undefined
      const css = await readFile(sheet, 'utf8')
      const everyday = everydaySyllables()
      const faces = css.match(/@font-face \{[^}]*\}/g) ?? []
      const kept = faces.filter(face => {
        const range = /unicode-range: ([^;]+);/.exec(face)?.[1] ?? ''
        for (const c of codePoints(range)) if (everyday.has(c) || (c >= 0x20 && c < 0x2600)) return true
        return false
      })
      return kept.map(face => face.replace("'Pretendard Variable'", "'Pretendard'").replace('woff2-variations', 'woff2')).join('\n')
    },
  }
}

/** What draws lines over time, and what the page of a board needs beside the first page's code. */
const CHART_PARTS = ['charts/TimeSeriesChart.tsx']
const BOARD_PARTS = ['pages/boards/BoardPage.tsx', 'panels/BoardView.tsx', ...CHART_PARTS]

/**
 * Puts boot.ts into the page as a script of its own, and names the code of boards for it: boot.ts has that loaded together with the first scripts where the address is a
 * board's, else each part is found only when the one before it runs.
 */
function boot(): Plugin {
  const entry = join(import.meta.dirname, 'src/boot/boot.ts')
  let script = ''
  return {
    name: 'haechi-boot',
    configResolved(config) {
      if (config.command === 'serve') script = '/src/boot/boot.ts'
    },
    async buildStart() {
      if (script !== '') return
      this.addWatchFile(entry)
      const bundle = await rolldown({ input: entry, logLevel: 'warn' })
      const { output } = await bundle.generate({ format: 'iife', minify: true })
      await bundle.close()
      this.emitFile({ type: 'asset', name: 'boot.js', source: output[0].code })
    },
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        if (bundle === undefined) return html.replace('<!-- boot.ts -->', `<script type="module" src="${script}"></script>`)
        const files = new Set<string>()
        const add = (name: string): void => {
          const chunk = bundle[name]
          if (chunk?.type !== 'chunk' || files.has(name)) return
          files.add(name)
          chunk.imports.forEach(add)
          for (const sheet of (chunk as { viteMetadata?: { importedCss: ReadonlySet<string> } }).viteMetadata?.importedCss ?? []) files.add(sheet)
        }
        for (const part of BOARD_PARTS) for (const [name, file] of Object.entries(bundle)) if (file.type === 'chunk' && file.moduleIds.some(id => id.endsWith(`/src/${part}`))) add(name)
        // What the page names anyway is loaded anyway.
        const names = [...files].filter(f => !html.includes(f)).join(' ')
        const built = Object.values(bundle).find(file => file.type === 'asset' && file.names.includes('boot.js'))!
        return html.replace('<!-- boot.ts -->', `<meta name="board-code" content="${names}" />\n    <script src="./${built.fileName}"></script>`)
      },
    },
  }
}

/**
 * Few files instead of one for each handful of modules that the same pages share: finding, linking and starting a hundred of them took a quarter of the time until a board
 * stood. The first page's code is one file, `chart` what draws lines, `board` the rest of a board's page; what else several pages share is in pieces worth a request.
 */
function chunkGroups(): Rolldown.CodeSplittingGroup[] {
  let sets: readonly ReadonlySet<string>[] | undefined
  const boardChunk = (id: string, graph: ModuleGraph): string | null => {
    const [chart, board] = sets ??= [CHART_PARTS, BOARD_PARTS].map(parts => reached(parts.map(part => join(import.meta.dirname, 'src', part)), graph))
    return chart!.has(id) || DRAWN_TEXTS.test(id) ? 'chart' : board!.has(id) || BOARD_MODEL.test(id) ? 'board' : null
  }
  return [
    { name: 'app', tags: ['$initial'], priority: 3 },
    { debugName: 'board', name: boardChunk, includeDependenciesRecursively: false, priority: 2 },
    { name: 'shared', entriesAware: true, entriesAwareMergeThreshold: 30_000, minShareCount: 2, priority: 1 },
  ]
}

/** An index of a package names all that there is in it: who imports it doesn't need that. What boards and charts need of `dashboards` is said here. */
const PACKAGE_INDEX = /\/packages\/\w+\/src\/index\.ts$/
const DRAWN_TEXTS = /\/packages\/dashboards\/src\/units\//
const BOARD_MODEL = /\/packages\/dashboards\/src\/(?!add-filters|service-kinds|boards\/|edit\/|share\/)/

type ModuleGraph = Pick<Rolldown.ChunkingContext, 'getModuleInfo'>

/** The modules that `entries` import, however far away; not what they load later. */
function reached(entries: readonly string[], graph: ModuleGraph): Set<string> {
  const out = new Set(entries)
  for (const id of out) if (!PACKAGE_INDEX.test(id)) for (const next of graph.getModuleInfo(id)?.importedIds ?? []) out.add(next)
  return out
}

// `npx vite build packages/web` and `npx vite packages/web`, from the root of the repository.
const config: UserConfig = defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react(), pretendard(), boot(), precompress()],
  resolve: { conditions: ['haechi:source', 'browser', 'import', 'module', 'default'] },
  build: {
    outDir: '../../dist/web', emptyOutDir: true, target: 'es2022', reportCompressedSize: false, chunkSizeWarningLimit: 1200, assetsInlineLimit: 0,
    rolldownOptions: { output: { codeSplitting: { groups: chunkGroups() }, chunkFileNames: chunk => `assets/${chunk.name.split('~', 1)[0]}-[hash].js` } },
  },
  server: { host: '127.0.0.1', port: 21600, strictPort: true, proxy: { '/api': 'http://127.0.0.1:9090', '/-': 'http://127.0.0.1:9090' } },
})

// Vite reads its configuration from the default export; the only one of this package.
export default config

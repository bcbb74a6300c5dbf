import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadBoardProviders } from '@haechi/config'
import { openState } from '@haechi/server'
import type { StateStore } from '@haechi/server'
import { ProvidedBoards } from './provided-boards.ts'

let folder: string
let state: StateStore
let warnings: string[]
let nowMs: number
const log = { child: () => log, debug: () => {}, info: () => {}, warn: (_: object, m: string) => void warnings.push(m), error: () => {} }

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'haechi-boards-'))
  state = await openState(':memory:', { log })
  warnings = []
  nowMs = 1_000_000
})
afterEach(async () => {
  await state.close()
  rmSync(folder, { recursive: true, force: true })
})

const write = (path: string, content: unknown): void => {
  const file = join(folder, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
}
const provider = (more: string): string => `apiVersion: 1\nproviders:\n  - name: mine\n    type: file\n    options: {path: boards}\n${more.split('\n').map(l => `    ${l}\n`).join('')}`
async function boards(): Promise<ProvidedBoards> {
  const out = new ProvidedBoards(state, log, folder, () => nowMs)
  out.load(await loadBoardProviders(join(folder, 'provisioning'), name => name === 'TEAM' ? 'shop' : undefined))
  return out
}

describe('P21 boards of files', () => {
  test('[P21] inputs are filled in; a folder is made by its title; what may be saved is said', async () => {
    write('provisioning/dashboards/a.yaml', provider('folder: $TEAM\nallowUiUpdates: true'))
    write('boards/one.json', { uid: 'one', title: 'One', __inputs: [{ name: 'DS_P', type: 'datasource', pluginId: 'prometheus' }, { name: 'VAR_N', type: 'constant', value: '5' }], panels: [{ id: 1, type: 'stat', datasource: '${DS_P}', targets: [{ refId: 'A', expr: 'up > ${VAR_N}' }] }] })
    write('boards/deep/two.json', { title: 'Without uid', panels: [] })
    const found = await (await boards()).boards()
    const [shop] = await state.folders.list()
    expect(shop!.title).toBe('shop')
    expect(found.map(b => [b.dashboard['title'], b.origin, b.folderUid, b.canSave])).toEqual([['Without uid', 'file', shop!.uid, true], ['One', 'file', shop!.uid, true]])
    expect(found[1]!.dashboard['panels']).toEqual([{ id: 1, type: 'stat', datasource: '', targets: [{ refId: 'A', expr: 'up > 5' }] }])
    expect(found[1]!.dashboard).not.toHaveProperty('__inputs')
    expect(warnings).toEqual([])
  })

  test('[P21] a changed file wins over what was saved on the page, also while nobody ran; an unchanged one does not', async () => {
    write('provisioning/dashboards/a.yaml', provider('allowUiUpdates: true\nupdateIntervalSeconds: 1'))
    write('boards/one.json', { uid: 'one', title: 'One', panels: [] })
    const provided = await boards()
    await provided.boards()
    await state.dashboards.save('one', 'Mine', { uid: 'one', title: 'Mine' }, 'by hand')
    // A restart reads the same file.
    await (await boards()).boards()
    expect((await state.dashboards.get('one'))!.title).toBe('Mine')
    write('boards/one.json', { uid: 'one', title: 'One, newer', panels: [] })
    utimesSync(join(folder, 'boards/one.json'), 5000, 5000)
    nowMs += 2000
    await provided.boards()
    expect((await state.dashboards.versions('one')).map(v => [v.version, v.dashboard['title'], v.message])).toEqual([[2, 'One, newer', 'The file has changed'], [1, 'Mine', 'by hand']])
    await state.dashboards.save('one', 'Mine again', { uid: 'one', title: 'Mine again' }, '')
    write('boards/one.json', { uid: 'one', title: 'One, newest', panels: [] })
    await (await boards()).boards()
    expect((await state.dashboards.get('one'))!.title).toBe('One, newest')
  })

  test('[P21] a board that was saved before its file is known stays where it may be saved on the page, and gives way where it may not', async () => {
    for (const [uid, more] of [['may', 'allowUiUpdates: true'], ['not', 'allowUiUpdates: false']] as const) {
      await state.dashboards.save(uid, 'Mine', { uid, title: 'Mine' }, '')
      write('provisioning/dashboards/a.yaml', provider(more))
      write('boards/one.json', { uid, title: 'File', panels: [] })
      await (await boards()).boards()
    }
    expect([(await state.dashboards.get('may'))!.title, (await state.dashboards.get('not'))!.title]).toEqual(['Mine', 'File'])
  })

  test('[P21] folders of the files name those of the boards', async () => {
    write('provisioning/dashboards/a.yml', 'apiVersion: 1\nproviders:\n  - name: mine\n    options: {path: boards, foldersFromFilesStructure: true}\n')
    write('boards/top.json', { uid: 'top', title: 'Top' })
    write('boards/Databases/db.json', { uid: 'db', title: 'Db' })
    const titles = async (): Promise<unknown> => {
      const all = new Map((await state.folders.list()).map(f => [f.uid, f.title]))
      return (await (await boards()).boards()).map(b => [b.uid, b.folderUid === undefined ? '' : all.get(b.folderUid)])
    }
    await titles()
    expect(await titles()).toEqual([['db', 'Databases'], ['top', '']])
  })

  test('[P21] a file that changes, comes or goes is seen after the interval, not before', async () => {
    write('provisioning/dashboards/a.yaml', provider('updateIntervalSeconds: 30'))
    write('boards/one.json', { uid: 'one', title: 'One' })
    const all = await boards()
    const titles = async (): Promise<unknown> => (await all.boards()).map(b => b.dashboard['title'])
    expect(await titles()).toEqual(['One'])
    write('boards/one.json', { uid: 'one', title: 'Changed' })
    utimesSync(join(folder, 'boards/one.json'), 5000, 5000)
    write('boards/two.json', { uid: 'two', title: 'Two' })
    nowMs += 29_000
    expect(await titles()).toEqual(['One'])
    nowMs += 1000
    expect(await titles()).toEqual(['Changed', 'Two'])
    rmSync(join(folder, 'boards/one.json'))
    nowMs += 30_000
    expect(await titles()).toEqual(['Two'])
  })

  test('[P21] a wrong file is named once and keeps no other away', async () => {
    write('provisioning/dashboards/a.yaml', provider(''))
    write('boards/a.json', '{"title": ')
    write('boards/b.json', { panels: 5, title: 'Wrong' })
    write('boards/c.json', { uid: 'x', title: 'First' })
    write('boards/d.json', { uid: 'x', title: 'Twin' })
    write('boards/e.json', { uid: 'e' })
    const all = await boards()
    expect((await all.boards()).map(b => b.dashboard['title'])).toEqual(['First'])
    nowMs += 60_000
    await all.boards()
    expect(warnings).toHaveLength(4)
    expect(warnings[1]).toContain('panels')
    expect(warnings[2]).toContain('"x"')
  })

  test('[P21] a folder that is not there is told', async () => {
    write('provisioning/dashboards/a.yaml', provider(''))
    expect(await (await boards()).boards()).toEqual([])
    expect(warnings[0]).toContain('cannot be read')
  })

  test.each([
    ['apiVersion: 2\nproviders: []', 'only apiVersion 1'], ['providers:\n  - name: a\n', 'options.path is missing'], ['providers:\n  - {name: a, type: s3, options: {path: x}}', 'only providers of type "file"'],
    ['providers:\n  - {name: a, options: {path: x, foldersFromFilesStructure: true}, folder: F}', 'folder must be empty'], ['providers:\n  - {name: a, options: {path: x}}\n  - {name: a, options: {path: y}}', 'called "a" already'],
    ['providers:\n  - {name: a, options: {path: x}, nonsense: 1}', 'nonsense'],
  ])('[P21] %j is refused', async (yaml, why) => {
    write('provisioning/dashboards/a.yaml', yaml)
    await expect(loadBoardProviders(join(folder, 'provisioning'), () => undefined)).rejects.toThrow(why)
  })
})

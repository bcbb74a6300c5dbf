import { readFileSync, readdirSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { haveShared, sharedPath } from '../../test/shared.ts'
import { diffJson } from '../edit/json-diff.ts'
import { editableBoard, panelPlaces, toggleRow, withPlaces } from '../edit/board-edits.ts'
import { packGrid } from '../edit/grid.ts'
import type { JsonObject } from '../model.ts'
import { readDashboard } from '../read-dashboard.ts'
import { examineBoard } from './examine-board.ts'
import { exportForSharing } from './export-board.ts'
import { boardInputs, resolveInputs } from './inputs.ts'

const FOLDER = 'fixtures/dashboards'
const files = haveShared(FOLDER) ? readdirSync(sharedPath(FOLDER), { recursive: true, encoding: 'utf8' }).filter(f => /\.json(\.gz)?$/.test(f)) : []
function jsonOf(bytes: Buffer, file: string): JsonObject {
  return JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')) as JsonObject
}
const boards = files.map(file => ({ file, json: jsonOf(readFileSync(`${sharedPath(FOLDER)}/${file}`), file) }))
  .filter(b => typeof b.json === 'object' && ['panels', 'rows', 'elements', 'spec', 'dashboard'].some(m => b.json[m] !== undefined))

describe.skipIf(boards.length === 0)('boards that others made', () => {
  test('[X4] each is imported, examined, exported and imported again with the same panels', () => {
    for (const { file, json } of boards) {
      const values = Object.fromEntries(boardInputs(json).map(i => [i.name, i.kind === 'datasource' ? 'source' : i.value]))
      const board = editableBoard(resolveInputs(json, values)).board
      const before = readDashboard(board)
      expect({ file, n: examineBoard(json, () => true).panels }).toEqual({ file, n: [...before.panels, ...before.rows.flatMap(r => r.panels)].length })
      const exported = exportForSharing(board)
      const again = readDashboard(resolveInputs(JSON.parse(JSON.stringify(exported)), { DS_PROMETHEUS: 'source' }))
      const shape = (d: typeof again): unknown => [...d.panels, ...d.rows.flatMap(r => [...r.panels])].map(p => [p.id, p.type, p.title, p.gridPos, p.targets.map(t => t.expr)])
      expect({ file, panels: shape(again) }).toEqual({ file, panels: shape(before) })
    }
  })
  test('[E4] moving a panel of each changes places only; folding twice changes nothing that is drawn', () => {
    for (const { file, json } of boards) {
      const { board } = editableBoard(json)
      const top = panelPlaces(board).filter(p => p.path.length === 2)
      if (top.length === 0) continue
      const packed = packGrid(top)
      const moved = withPlaces(board, new Map(packed.map(p => [p.id, p.pos])))
      expect({ file, other: diffJson(board, moved).filter(c => !c.path.includes('gridPos')) }).toEqual({ file, other: [] })
      for (const row of panelPlaces(board).filter(p => p.isRow)) {
        const twice = toggleRow(toggleRow(board, row.id), row.id)
        expect({ file, ids: panelPlaces(twice).map(p => p.id).sort() }).toEqual({ file, ids: panelPlaces(board).map(p => p.id).sort() })
      }
    }
  })
})

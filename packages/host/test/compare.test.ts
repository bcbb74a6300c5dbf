import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { REFERENCE_FOLDER } from '@haechi/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectHost } from '../src/index.ts'
import { writeMachine } from './machine.ts'

const here = dirname(fileURLToPath(import.meta.url))
const golden = join(here, 'golden/node_exporter.txt')
/** Its own metrics, what needs a system call, what is another second or another machine. */
const LEFT_OUT = /node_exporter_build_info|node_timex_|node_textfile_|node_scrape_collector_|^node_time_|^node_uname_info|^node_filesystem_(?:avail|free|size)_bytes|^node_filesystem_files/

const lines = (body: string): string[] => body.split('\n').filter(line => line !== '' && !LEFT_OUT.test(line))

describe.runIf(process.platform === 'linux')('[H1] families, help, types, labels and values are those of node_exporter', () => {
  let machine = ''
  let ours: string[] = []
  beforeAll(() => {
    machine = mkdtempSync(join(tmpdir(), 'haechi-machine-'))
    writeMachine(machine)
    const body = Buffer.from(collectHost({ procPath: `${machine}/proc`, sysPath: `${machine}/sys`, rootPath: `${machine}/root` })).toString()
    ours = lines(body)
  })
  afterAll(() => rmSync(machine, { recursive: true }))

  /** Where node_exporter 1.11.1 and its newest sources differ, the newest counts. */
  const NEWER: ReadonlyMap<string, string> = new Map([
    // It did not find the file that says so.
    ['model="Disk_One",path="pci-0000",revision="1.0",rotational="0"', 'model="Disk_One",path="pci-0000",revision="1.0",rotational="1"'],
    // A mount may be read-only although its file system is not.
    ['node_filesystem_readonly{device="/dev/sda1",device_error="",fstype="ext4",mountpoint="/with space"} 0', 'node_filesystem_readonly{device="/dev/sda1",device_error="",fstype="ext4",mountpoint="/with space"} 1'],
    // Divided twice by a thousand there.
    ['node_pressure_cpu_waiting_seconds_total 14.036781000000001', 'node_pressure_cpu_waiting_seconds_total 14.036781'],
  ])

  test('line by line', () => {
    const theirs = lines(readFileSync(golden, 'utf8')).map(line => [...NEWER].reduce((text, [from, to]) => text.replace(from, to), line))
    expect(theirs.length).toBeGreaterThan(500)
    expect(ours.filter(line => !theirs.includes(line))).toEqual([])
    expect(theirs.filter(line => !ours.includes(line))).toEqual([])
  })

  test.runIf(process.env['HAECHI_MACHINE'])('record: writes the machine', () => writeMachine(process.env['HAECHI_MACHINE']!))
  test.runIf(process.env['HAECHI_NODE_EXPORTER'])('record: writes the answer', async () => {
    const body = await (await fetch(process.env['HAECHI_NODE_EXPORTER']!)).text()
    writeFileSync(golden, `${lines(body).join('\n')}\n`)
  })
})

describe.runIf(process.platform === 'linux')('[H2] on this machine', () => {
  const recorded = join(REFERENCE_FOLDER, 'fixtures/exposition/node_exporter.after.txt')
  const header = (body: string): Map<string, string> => new Map(body.split('\n').flatMap(line => {
    const parts = /^# (?:HELP|TYPE) (\S+) /.exec(line)
    return parts === null || LEFT_OUT.test(parts[1]!) || !parts[1]!.startsWith('node_') ? [] : [[`${line.slice(0, 6)} ${parts[1]!}`, line] as const]
  }))

  test.skipIf(!existsSync(recorded))('every family that both know has the same help and type as in a recorded body', () => {
    const ours = header(Buffer.from(collectHost()).toString())
    const theirs = header(readFileSync(recorded, 'utf8'))
    let both = 0
    for (const [key, line] of theirs) {
      if (!ours.has(key)) continue
      both++
      expect(ours.get(key)).toBe(line)
    }
    expect(both).toBeGreaterThan(100)
  })
  if (!existsSync(recorded)) test.skip('no recorded body beside this clone: set HAECHI_SHARED')
})

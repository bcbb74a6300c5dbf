import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { peerRun } from '@haechi/testkit'

const RUN = peerRun()

/** Whether the real amtool is there; if not, says so once. */
export const HAS_AMTOOL: boolean = RUN !== undefined
if (!HAS_AMTOOL) process.stderr.write('packages/alerting: tests beside the real amtool are skipped, PEERS_DIR names no folder of peers\n')

/** What amtool prints, both streams; its exit code does not matter here. */
export function amtool(args: readonly string[]): Promise<string> {
  return new Promise(resolve => {
    execFile(RUN!, ['amtool', ...args], { timeout: 20_000, maxBuffer: 64 << 20 }, (_err, out, errors) => resolve(out + errors))
  })
}

/** What `amtool check-config` says to each configuration: undefined for those it takes. */
export async function checkConfigs(configs: readonly string[], ...flags: string[]): Promise<(string | undefined)[]> {
  const folder = await mkdtemp(join(tmpdir(), 'haechi-amtool-'))
  try {
    const files = configs.map((_c, i) => join(folder, `${i}.yml`))
    for (const [i, text] of configs.entries()) await writeFile(files[i]!, text)
    const out = await amtool([...flags, 'check-config', ...files])
    return files.map(file => {
      // Checking 'file'  FAILED: reason (the log of the parser may stand between)
      const from = out.indexOf(`Checking '${file}'`)
      const rest = out.slice(from + file.length + 11)
      const next = rest.search(/^Checking '|^amtool: error/m)
      const failed = /^(?:time=.*\n)*\s*FAILED: ([\s\S]*?)\s*$/m.exec(next < 0 ? rest : rest.slice(0, next))
      return failed === null ? undefined : failed[1]!
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

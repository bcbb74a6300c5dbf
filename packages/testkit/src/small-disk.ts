import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of a few MB that can be filled up and made read-only. */
export interface SmallDisk {
  readonly dir: string
  /** Leaves no byte free. */
  fill(): void
  /** Takes away what {@link SmallDisk.fill} wrote. */
  free(): void
  readOnly(on: boolean): void
  remove(): void
}

/** Mounts one. @returns why that can't be done here (it needs Linux and its root) as a text */
export function smallDisk(megabytes: number): SmallDisk | string {
  const dir = mkdtempSync(join(tmpdir(), 'haechi-disk-'))
  const run = (command: string, ...args: string[]): string | undefined => {
    const done = spawnSync(command, args, { encoding: 'utf8' })
    return done.status === 0 ? undefined : done.error?.message ?? done.stderr.trim()
  }
  const failed = run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', dir)
  if (failed !== undefined) {
    rmSync(dir, { recursive: true })
    return `no file system can be mounted here: ${failed}`
  }
  const must = (problem: string | undefined): void => {
    if (problem !== undefined) throw new Error(problem)
  }
  const filler = join(dir, 'filler')
  return {
    dir,
    fill() {
      const zeros = Buffer.alloc(4096)
      try {
        for (;;) writeFileSync(filler, zeros, { flag: 'a' })
      } catch (err) {
        if ((err as NodeJS.ErrnoException).code !== 'ENOSPC') throw err
      }
    },
    free: () => rmSync(filler, { force: true }),
    readOnly: on => must(run('mount', '-o', `remount,${on ? 'ro' : 'rw'}`, dir)),
    remove() {
      must(run('umount', '-l', dir))
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

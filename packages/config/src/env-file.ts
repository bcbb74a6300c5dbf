import { readFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import { Secret } from '@haechi/model'

/** The variables of a `.env` file, each a secret. */
export type EnvFile = ReadonlyMap<string, Secret>

/**
 * Reads a `.env` file.
 *
 * @returns undefined when there is no such file
 * @throws Error naming the file when it can't be read
 */
export async function readEnvFile(path: string): Promise<EnvFile | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`cannot read ${path}: ${(err as Error).message}`, { cause: err })
  }
  return new Map(Object.entries(parseEnv(text)).filter(([, value]) => value !== undefined && value !== '').map(([name, value]) => [name, new Secret(value!)]))
}

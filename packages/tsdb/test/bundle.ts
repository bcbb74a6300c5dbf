import path from 'node:path'
import { rolldown } from 'rolldown'

/** Bundles a TypeScript file so that Node 20 can run it as a process or a thread of its own. @returns the bundle's path */
export async function bundle(input: string, outDir: string): Promise<string> {
  const file = path.join(outDir, `${path.basename(input, '.ts')}.mjs`)
  const build = await rolldown({ input, platform: 'node', resolve: { conditionNames: ['haechi:source', 'node', 'import', 'default'] } })
  await build.write({ file, format: 'esm', codeSplitting: false })
  await build.close()
  return file
}

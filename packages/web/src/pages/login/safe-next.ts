/** Where to go after signing in: a path of ours, below the route prefix's removal; anything else, such as another site, becomes the overview. */
export function safeNext(next: string | undefined, basePath: string): string {
  if (next === undefined || !next.startsWith('/') || next.startsWith('//') || next.includes('\\')) return '/'
  const path = basePath !== '' && (next === basePath || next.startsWith(`${basePath}/`) || next.startsWith(`${basePath}?`)) ? next.slice(basePath.length) : next
  if (!path.startsWith('/') || path.startsWith('//')) return '/'
  return path.startsWith('/login') ? '/' : path
}

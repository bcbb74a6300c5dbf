// Records what a real Prometheus says about regular expressions, sound and faulty: node record-regexes.mjs http://127.0.0.1:9090 > regexes.json
// Each line: the expression and the error, or null.
const LIST = [
  'a', 'a**', '*a', '+', '?', '|', '||', '(', ')', 'a)', '(a', '[a', ']', '[]', '[]a]', '[^]', '[z-a]', '[a-\\d]', '[[:foo:]]', '[[:alpha:]]', '[[:^digit:]]', '[^[:space:]b]', '{', '}', '{2}', 'a{2}', 'a{2,}', 'a{,3}', 'a{3,1}', 'a{1000}', 'a{1001}', '(a{1000}){2}', '(?:a{10}){100}', '(?:a{10}){101}', 'a{2}{3}', 'a{2}*', 'a*?', 'a+?', 'a??', 'a*+', 'a???',
  '\\', 'a\\', '\\8', '\\1', '\\_', '\\-', '\\Z', '\\z', '\\A', '\\b', '\\B', '\\C', '\\d', '\\pL', '\\pX', '\\p{Greek}', '\\p{^L}', '\\p{Foo}', '\\PN', '\\p', '\\p{L', '\\x41', '\\x', '\\x{1F600}', '\\x{110000}', '\\x{', '\\u0041', '\\101', '\\400', '\\Qa.b\\E', '\\Q', '\\E', '[\\Q]', '\\e', '\\cA', '\\h', '\\R', '\\X', '\\K', '\\G', '\\k<n>', '\\g1',
  '(?i)a', '(?s).', '(?m)^a$', '(?U)a+', '(?i:B)', '(?-s:.)', '(?i-s:.)', '(?z)', '(?', '(?i', '(?-)', '(?i-)', '(?--i)', '(?^i)', '(?x)a', '(?P<n>a)', '(?<n>a)', '(?P<n', '(?P<>a)', '(?P<1a>b)', '(?P<a-b>c)', '(?P=n)', '(?P>n)', '(?<=a)', '(?<!a)', '(?=a)', '(?!a)', '(?>a)', '(?#c)', '(?|a|b)', '(?1)', '(?R)', "(?'n'a)", 'a++', 'a?+', '(?:)', '()', '(|)', '(?i)ſ', 'é+', '😀{2}', '[é-😀]',
]
const [base] = process.argv.slice(2)
const lines = []
for (const regex of LIST) {
  const answer = await (await fetch(`${base}/api/v1/parse_query`, { method: 'POST', body: new URLSearchParams({ query: `{x=~${JSON.stringify(regex)},y="1"}` }) })).json()
  lines.push(JSON.stringify([regex, answer.status === 'success' ? null : answer.error]))
}
process.stdout.write(`[\n${lines.join(',\n')}\n]\n`)

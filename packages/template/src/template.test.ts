import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  GoMap, GoStruct, TemplateExecError, TemplateSet, TemplateSyntaxError, alertmanagerFunctions, formatExponent, formatFloat, formatGeneral, goTime, notificationData, prometheusFunctions, sprintf, stringMap,
} from './index.ts'

const FUNCTIONS = prometheusFunctions({
  externalUrl: 'http://host:9090/prefix', nowMs: () => 1_700_000_000_000,
  query: expr => (expr === 'none' ? [] : [{ labels: [['a', 'z'], ['instance', 'i1:80']], value: 7.5 }, { labels: [['a', 'b'], ['__value__', 'str']], value: 2 }]),
})
const DATA = new GoStruct('data', {
  Labels: stringMap([['job', 'orders'], ['__name__', 'up'], ['alpha', '1']]), Value: 0.0345, List: ['x', 'y', 'z'], Empty: [], Any: new GoMap(new Map<string, unknown>([['n', 3n], ['f', 1.5]])), Nothing: undefined, Yes: true,
})
function run(text: string, data: unknown = DATA): string {
  const set = new TemplateSet(FUNCTIONS)
  set.parse('t', text)
  return set.execute('t', data)
}
const prints = (text: string, want: string): void => test(`${text}  prints  ${want}`, () => expect(run(text)).toBe(want))
const fails = (text: string, want: string): void => test(`${text}  fails with  ${want}`, () => {
  let got = 'no error'
  try {
    run(text)
  } catch (err) {
    expect(err instanceof TemplateSyntaxError || err instanceof TemplateExecError).toBe(true)
    got = (err as Error).message
  }
  expect(got).toBe(want)
})

describe('[T1] the language', () => {
  prints('plain text }} with braces', 'plain text }} with braces')
  prints('a {{- " b " -}} c', 'a b c')
  prints('a {{/* x */}} b {{- /* y */ -}} c', 'a  bc')
  prints('{{if .Yes}}y{{else}}n{{end}}{{if .Empty}}y{{else if .Yes}}z{{else}}n{{end}}', 'yz')
  prints('{{with .Labels.job}}{{.}}{{end}}{{with .Nothing}}x{{else}}none{{end}}{{with .Empty}}a{{else with .Yes}}b{{end}}', 'ordersnoneb')
  prints('{{range .List}}<{{.}}>{{end}}{{range .Empty}}x{{else}}empty{{end}}', '<x><y><z>empty')
  prints('{{range $i, $v := .List}}{{$i}}={{$v}};{{end}}', '0=x;1=y;2=z;')
  prints('{{range $k, $v := .Labels}}{{$k}}={{$v}};{{end}}', '__name__=up;alpha=1;job=orders;')
  prints('{{range .List}}{{if eq . "y"}}{{continue}}{{end}}{{.}}{{end}}', 'xz')
  prints('{{range .List}}{{if eq . "y"}}{{break}}{{end}}{{.}}{{end}}!', 'x!')
  prints('{{range 3}}{{.}}{{end}}', '012')
  prints('{{$x := 1}}{{if true}}{{$x = 2}}{{$y := 3}}{{end}}{{$x}}', '2')
  prints('{{define "T"}}[{{.}}]{{end}}{{template "T" .Labels.job}}{{template "T"}}', '[orders][<no value>]')
  prints('{{block "B" .Value}}{{.}}{{end}}', '0.0345')
  prints('{{"a" | printf "%s-%s" "b"}}', 'b-a')
  prints('{{(index .List 1) | toUpper}}', 'Y')
  prints('{{.Labels.missing}}|{{.Any.missing}}|{{.Nothing}}|{{.Nothing.deep}}', '|<no value>|<no value>|<no value>')
  prints('{{$.Value}} {{.Any.n}} {{.Any}} {{.List}}', '0.0345 3 map[f:1.5 n:3] [x y z]')
  prints('{{`raw "x"`}} {{"q\\"\\u00e9\\n"}}', 'raw "x" q"é\n')
  prints("{{'a'}} {{0x1F}} {{1_000}} {{1e3}} {{1.50}} {{-2}} {{.5}}", '97 31 1000 1000 1.5 -2 0.5')
  prints('{{with $v := .Value}}{{$v}}{{end}}', '0.0345')
  prints('{{if\n.Yes}}multi\nline{{end}}', 'multi\nline')
  prints('{{true}}{{not true}}{{and 1 0 2}}{{or "" "x" "y"}}', 'truefalse0x')
  prints('{{and false (index .List 99)}}', 'false')
})

describe('[T2] built-in functions', () => {
  prints('{{len .List}} {{len "héllo"}} {{len .Labels}}', '3 6 3')
  prints('{{index .Labels "job"}}{{index .Labels "no"}}{{index .List 2}}', 'ordersz')
  prints('{{slice "abcdef" 1 3}} {{slice .List 1}}', 'bc [y z]')
  prints('{{html "<a&\'\\">"}} {{js "it\'s <b>"}} {{urlquery "a b&c/é~"}}', '&lt;a&amp;&#39;&#34;&gt; it\\\'s \\u003Cb\\u003E a+b%26c%2F%C3%A9~')
  prints('{{eq 1 2 1}} {{ne "a" "b"}} {{lt 1 2}} {{le 2 2}} {{gt 1.5 1.0}} {{ge "b" "a"}}', 'true true true true true true')
  prints('{{print 1 2 "x" 3 4}}|{{println "a" 1}}', '1 2x3 4|a 1\n')
  prints('{{printf "%5.2f|%-5s|%05d|%x|%q|%v|%t|%c|%U|%+d|%e|%%" 3.14159 "ab" 42 255 "q" .Value true 65 8364 7 12345.678}}', ' 3.14|ab   |00042|ff|"q"|0.0345|true|A|U+20AC|+7|1.234568e+04|%')
  prints('{{printf "%d" "x"}} {{printf "%s" 1}} {{printf "%d"}} {{printf "a" 1}} {{printf "%z" 1}} {{printf "%"}}', '%!d(string=x) %!s(int=1) %!d(MISSING) a%!(EXTRA int=1) %!z(int=1) %!(NOVERB)')
  prints('{{printf "%[2]d %[1]d" 1 2}} {{printf "%*d" 4 1}} {{printf "%.3g %g" 1234.5 100000.0}} {{printf "%T" 1.0}}', '2 1    1 1.23e+03 100000 float64')
})

describe('[T3] errors carry Go\'s words and places', () => {
  fails('{{ foo }}', 'template: t:1: function "foo" not defined')
  fails('a\n{{ $x }}', 'template: t:2: undefined variable "$x"')
  fails('{{ if }}x{{end}}', 'template: t:1: missing value for if')
  fails('{{ if true }}', 'template: t:1: unexpected EOF')
  fails('{{end}}', 'template: t:1: unexpected {{end}}')
  fails('{{ .a', 'template: t:1: unclosed action')
  fails('{{ "a }}', 'template: t:1: unterminated quoted string')
  prints('{{ .Yes | }}', 'true')
  fails('{{ with 1 }}{{ else if true }}{{end}}', 'template: t:1: unexpected <if> in input')
  fails('{{ not 1 2 }}', 'template: t:1:3: executing "t" at <not>: wrong number of args for not: want 1 got 2')
  fails('{{ (index .Labels "job").x }}', 'template: t:1:18: executing "t" at <"job">: can\'t evaluate field x in type string')
  fails('{{ (.a }}', 'template: t:1: unclosed left paren')
  fails('{{ 1 | 2 }}', 'template: t:1: non executable command in pipeline stage 2')
  fails('{{ break }}', 'template: t:1: {{break}} outside {{range}}')
  fails('{{ 1.2.3 }}', 'template: t:1: unexpected ".3" in operand')
  fails('{{ .a.b.c & }}', 'template: t:1: unexpected "&" in operand')
  fails('{{/* x }}', 'template: t:1: unclosed comment')
  fails('{{else}}', 'template: t:1: unexpected {{else}}')
  fails('{{template "x"}}', 'template: t:1:11: executing "t" at <{{template "x"}}>: template "x" not defined')
  fails('{{.Value.Foo}}', 'template: t:1:8: executing "t" at <.Value.Foo>: can\'t evaluate field Foo in type float64')
  fails('{{ index .List 9 }}', 'template: t:1:3: executing "t" at <index .List 9>: error calling index: index out of range: 9')
  fails('x\n{{ eq .Value 0 }}', 'template: t:2:3: executing "t" at <eq .Value 0>: error calling eq: incompatible types for comparison: float64 and int')
  fails('{{ toUpper 1 }}', 'template: t:1:11: executing "t" at <1>: expected string; found 1')
  fails('{{ toUpper }}', 'template: t:1:3: executing "t" at <toUpper>: wrong number of args for toUpper: want 1 got 0')
  fails('{{ .Value | toUpper }}', 'template: t:1:12: executing "t" at <toUpper>: wrong type for value; expected string; got float64')
  fails('{{ range .Value }}{{end}}', 'template: t:1:9: executing "t" at <.Value>: range can\'t iterate over 0.0345')
})

// Values observed on promtool 3.5.3.
describe('[T4] Prometheus\' functions', () => {
  test.each([
    [123456, '123456'], [1_000_000, '1e+06'], [1_234_567, '1.234567e+06'], [0.0123, '0.0123'], [0.00001234, '1.234e-05'], [0.1 + 0.2, '0.30000000000000004'], [NaN, 'NaN'], [Infinity, '+Inf'],
    [-Infinity, '-Inf'], [0, '0'], [-0, '-0'], [100, '100'], [5e-324, '5e-324'], [1.7976931348623157e308, '1.7976931348623157e+308'], [-1500000, '-1.5e+06'], [120000, '120000'],
  ])('%d prints as %s', (v, want) => expect(formatFloat(v)).toBe(want))
  test('the value of an alert in JSON is in exponent form', () => expect([0.0123, 1, 1e100].map(v => formatExponent(v, -1))).toEqual(['1.23e-02', '1e+00', '1e+100']))
  prints('{{ humanize 1234567 }} {{ humanize 0.0123 }} {{ humanize 0 }} {{ humanize "1500" }}', '1.235M 12.3m 0 1.5k')
  prints('{{ humanize1024 1000000 }} {{ humanize1024 0.3 }}', '976.6ki 0.3')
  prints('{{ humanizeDuration 1234567 }} {{ humanizeDuration 3661.9 }} {{ humanizeDuration 60 }} {{ humanizeDuration 12.345 }} {{ humanizeDuration 0.0123 }} {{ humanizeDuration 0.00001234 }} {{ humanizeDuration 0 }} {{ humanizeDuration -61 }}', '14d 6h 56m 7s 1h 1m 1s 1m 0s 12.35s 12.3ms 12.34us 0s -1m 1s')
  prints('{{ humanizePercentage 0.0123 }} {{ humanizePercentage 1000000 }}', '1.23% 1e+08%')
  prints('{{ humanizeTimestamp 1700000000 }} {{ humanizeTimestamp 1700000000.5 }}', '2023-11-14 22:13:20 +0000 UTC 2023-11-14 22:13:20.5 +0000 UTC')
  prints('{{ (toTime 1700000000).Year }} {{ (toTime 1700000000).Format "2006-01-02" }} {{ now }}', '2023 2023-11-14 1.7e+09')
  prints('{{ parseDuration "1d12h" }} {{ toDuration 90.5 }}', '129600 1m30.5s')
  prints('{{ title "hello wORLD x-y" }} {{ toUpper "é" }} {{ match "a.c" "xabcx" }} {{ reReplaceAll "(a+)b" "<$1>" "xaab" }}', 'Hello WORLD X-Y É true x<aa>')
  prints('{{ title "it\'s o\'neil héllo wORLD_x 3abc a-b" }} {{ humanizeTimestamp 0.123456789 }}', 'It\'s O\'neil Héllo WORLD_x 3Abc A-B 1970-01-01 00:00:00.123 +0000 UTC')
  fails('{{ reReplaceAll "(" "a" "b" }}', 'template: t:1:3: executing "t" at <reReplaceAll "(" "a" "b">: error calling reReplaceAll: regexp: Compile(`(`): error parsing regexp: missing closing ): `(`')
  prints('{{ stripPort "h:80" }} {{ stripPort "[::1]:80" }} {{ stripPort "h" }} {{ stripDomain "a.b.c:80" }} {{ stripDomain "10.0.0.1:80" }}', 'h ::1 h a:80 10.0.0.1:80')
  prints('{{ graphLink "up == 0" }} {{ tableLink "up" }} {{ externalURL }} {{ pathPrefix }}', '/graph?g0.expr=up+%3D%3D+0&g0.tab=0 /graph?g0.expr=up&g0.tab=1 http://host:9090/prefix /prefix')
  prints('{{ with query "q" }}{{ . | first | value }} {{ . | first | label "instance" }} {{ range sortByLabel "a" . }}{{ .Labels.a }}{{ strvalue . }}{{ end }}{{ end }}', '7.5 i1:80 bstrz')
  prints('{{ (args 1 "x").arg1 }} {{ safeHtml "<b>" }} {{ urlQueryEscape "a b" }}', 'x <b> a+b')
  fails('{{ query "none" | first | value }}', 'template: t:1:18: executing "t" at <first>: error calling first: first() called on vector with no elements')
  fails('{{ humanize "x" }}', 'template: t:1:3: executing "t" at <humanize "x">: error calling humanize: strconv.ParseFloat: parsing "x": invalid syntax')
})

describe('[T5] Alertmanager\'s functions and data', () => {
  const set = new TemplateSet(alertmanagerFunctions({ nowMs: 1_700_000_060_000 }))
  set.parse('t', `{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }} {{ .GroupLabels.SortedPairs.Values.Join " " }} {{ with .CommonLabels.Remove .GroupLabels.Names }}({{ .Values | join ", " }}){{ end }}
{{ range .Alerts.Resolved }}{{ range .Labels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}{{ .StartsAt | tz "Asia/Seoul" | date "2006-01-02 15:04:05 -0700" }} {{ since .StartsAt | humanizeDuration }}{{ end }}{{ stringSlice "a" "b" | join "+" }} {{ title "hELLO wORLD" }} {{ toJson (dict "b" 1 "a" "<x>") }} {{ reReplaceAll "a" "b" "aa" }}`)
  test('a template of the usual kind', () => {
    const alert = { labels: [['job', 'j'], ['alertname', 'X']] as [string, string][], annotations: [], startsAtMs: 1_700_000_000_000, endsAtMs: 0, generatorUrl: '', fingerprint: '' }
    expect(set.execute('t', notificationData({
      receiver: 'r', status: 'firing', alerts: [{ ...alert, status: 'firing' }, { ...alert, status: 'resolved' }], groupLabels: [['alertname', 'X']],
      commonLabels: [['alertname', 'X'], ['job', 'j']], commonAnnotations: [], externalUrl: '',
    }))).toBe('FIRING:1 X (j)\nalertname=X job=j 2023-11-15 07:13:20 +0900 1m 0sa+b Hello World {"a":"\\u003cx\\u003e","b":1} bb')
  })
})

describe('[T6] no template runs or grows without bound', () => {
  const limited = (name: string, text: string, want: RegExp, data: unknown = DATA): void => test(name, () => expect(() => run(text, data)).toThrow(want))
  limited('recursion', '{{define "a"}}{{template "a"}}{{end}}{{template "a"}}', /exceeded maximum template depth/)
  limited('loops', '{{range 100000000}}{{end}}', /runs too long/)
  limited('output', '{{range 300000}}xxxxxxxxxx{{end}}', /output is too long/)
  limited('padding', '{{range 1000}}{{printf "%09999d" 1}}{{end}}', /output is too long/)
  test('nesting', () => expect(() => run('('.repeat(5000).replace(/^/, '{{') + '1' + ')'.repeat(5000) + '}}')).toThrow(/nested too deeply/))
})

describe('[T7] any text parses or fails with a syntax error, in bounded time', () => {
  const piece = fc.constantFrom('{{', '}}', '{{-', '-}}', ' ', 'if', 'range', 'end', 'else', 'define', '"a"', '$x', ':=', '.A', '(', ')', '|', '1', ',', '/*', '*/', 'x', '\n', "'", '`', '.', 'é', '😀')
  test('random pieces', () => {
    fc.assert(fc.property(fc.array(piece, { maxLength: 30 }), pieces => {
      try {
        run(pieces.join(''))
      } catch (err) {
        if (!(err instanceof TemplateSyntaxError) && !(err instanceof TemplateExecError)) throw err
      }
    }), { numRuns: 3000 })
  })
  test('a text without braces prints itself', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }).filter(s => !s.includes('{{')), s => { expect(run(s)).toBe(s) }))
  })
  test('a shortest float reads back as itself', () => {
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), v => { expect(Object.is(Number(formatFloat(v)), v)).toBe(true) }))
    expect(formatGeneral(1234567, 4)).toBe('1.235e+06')
    expect(sprintf('%6.2f', [1.005])).toBe('  1.00')
    expect(goTime(0).text!()).toBe('1970-01-01 00:00:00 +0000 UTC')
  })
})

// Entry of the thread that turns SVG into PNG: pictures of alerts are drawn beside the main thread.

import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { Resvg, initWasm } from '@resvg/resvg-wasm'
import type { ChartThreadAnswer, ChartThreadData, ChartThreadRequest } from './chart-renderer.ts'

if (parentPort === null) throw new Error('BUG: the chart thread was started as a program')
const port = parentPort
const { wasmFile, fontFile } = workerData as ChartThreadData
const font = readFileSync(fontFile)
const ready = initWasm(readFileSync(wasmFile))

port.on('message', ({ id, svg }: ChartThreadRequest) => {
  ready.then(() => {
    const image = new Resvg(svg, { font: { fontBuffers: [font], defaultFontFamily: 'Pretendard' } })
    const png = image.render().asPng()
    image.free()
    return { id, png }
  }).catch((err: unknown) => ({ id, error: err instanceof Error ? err.message : String(err) })).then((answer: ChartThreadAnswer) => { port.postMessage(answer) })
})

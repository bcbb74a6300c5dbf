import { Worker } from 'node:worker_threads'

/** What the chart thread is given at its start. */
export interface ChartThreadData {
  readonly wasmFile: string
  readonly fontFile: string
}
export interface ChartThreadRequest { readonly id: number; readonly svg: string }
export type ChartThreadAnswer = { readonly id: number; readonly png: Uint8Array } | { readonly id: number; readonly error: string }

/** Idle for this long the thread ends: it holds some 40 MB, and alerts are rare. */
const IDLE_MS = 60_000

/** SVG to PNG in a thread of its own, which runs only while there is something to draw. */
export class ChartRenderer {
  readonly #entry: URL
  readonly #data: ChartThreadData
  #worker: Worker | undefined
  #idle: NodeJS.Timeout | undefined
  #lastId = 0
  readonly #waiting = new Map<number, { resolve: (png: Uint8Array) => void; reject: (err: Error) => void }>()

  constructor(entry: URL, data: ChartThreadData) {
    this.#entry = entry
    this.#data = data
  }

  /** Rejects when the picture can't be drawn or the thread died. */
  render(svg: string): Promise<Uint8Array> {
    clearTimeout(this.#idle)
    const worker = this.#worker ??= this.#start()
    const id = ++this.#lastId
    return new Promise<Uint8Array>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      worker.postMessage({ id, svg } satisfies ChartThreadRequest)
    })
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle)
    await this.#worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(this.#entry, { workerData: this.#data, resourceLimits: { maxYoungGenerationSizeMb: 16 } })
    worker.unref()
    worker.on('message', (answer: ChartThreadAnswer) => {
      const one = this.#waiting.get(answer.id)
      this.#waiting.delete(answer.id)
      if ('png' in answer) one?.resolve(answer.png)
      else one?.reject(new Error(answer.error))
      if (this.#waiting.size > 0) return
      this.#idle = setTimeout(() => { void worker.terminate() }, IDLE_MS)
      this.#idle.unref()
    })
    const gone = (err: Error): void => {
      if (this.#worker === worker) this.#worker = undefined
      for (const one of this.#waiting.values()) one.reject(err)
      this.#waiting.clear()
    }
    worker.on('error', gone)
    worker.on('exit', () => gone(new Error('the chart thread ended')))
    return worker
  }
}

/** One alert of a step. */
export interface StepAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly generatorURL?: string
  readonly resolved?: boolean
}

export declare const CONFIG: object
export declare const FIRING: { readonly startsAt: string; readonly endsAt: string }
export declare const RESOLVED: { readonly startsAt: string; readonly endsAt: string }
export declare const STEPS: readonly { readonly name: string; readonly post: readonly StepAlert[]; readonly alerts: readonly StepAlert[]; readonly reason: string; readonly only?: string }[]

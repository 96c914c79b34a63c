/** One target, as routes and calls name it. */
export interface TargetRef {
  readonly api: string
  readonly region: string
}

export const toTargetKey = ({ api, region }: TargetRef): string => `${api}\n${region}`

import { Fragment } from 'react'

interface TextsProps {
  /** What is null or empty is left out. */
  readonly of: readonly (string | null)[]
  /** @default ' · ' */
  readonly separator?: string
}

/** Texts from outside in one line, each in its own direction: none moves what stands beside it. */
export const Texts = ({ of, separator = ' · ' }: TextsProps) =>
  of
    .filter((text) => text !== null && text !== '')
    .map((text, place) => ({ text, place }))
    .map(({ text, place }) => (
      <Fragment key={place}>
        {place === 0 ? '' : separator}
        <bdi>{text}</bdi>
      </Fragment>
    ))

/** One step of a path: a key (or an array's index), any one of them, or any number of them. */
export type PathStep = { readonly key: string } | '*' | '**'

/**
 * Parses the path of a field: keys parted by dots. `*` stands for any key or index, `hosts[]` is short for `hosts.*`, `**` stands for
 * any number of keys, also none. A backslash takes the next character as it is (`a\.b` is one key). Answers the fault's message where the path is none.
 */
export const parseFieldPath = (path: string): readonly PathStep[] | string => {
  if (path === '') return 'is empty'
  const steps: PathStep[] = []
  let key = ''
  let isPlain = true
  let isOpen = true
  const finish = (): string | null => {
    if (!isOpen) return null
    if (key === '' && isPlain) return 'has an empty step'
    steps.push(isPlain && (key === '*' || key === '**') ? key : { key })
    key = ''
    isPlain = true
    isOpen = false
    return null
  }
  for (let i = 0; i < path.length; i++) {
    const char = path.charAt(i)
    if (char === '[') {
      if (path.charAt(i + 1) !== ']') return 'has a [ without its ] (\\[ takes it as it is)'
      if (key !== '' || !isPlain) finish()
      else if (isOpen && i > 0) return 'has an empty step'
      steps.push('*')
      isOpen = false
      i++
    } else if (char === '.') {
      const fault = finish()
      if (fault !== null) return fault
      isOpen = true
    } else if (!isOpen) return 'needs a dot after ]'
    else if (char === '\\') {
      if (++i === path.length) return 'ends in a backslash'
      key += path.charAt(i)
      isPlain = false
    } else key += char
  }
  const fault = finish()
  if (fault !== null) return fault
  if (steps.at(-1) === '**') return 'ends in **, which names no field'
  if (steps.filter((step) => step === '**').length > 1) return 'has more than one **'
  return steps
}

/** A part of the World whose members are all asynchronous functions. */
type AsyncPart<Part> = { readonly [Member in keyof Part]: (...args: never[]) => Promise<unknown> }

/**
 * A part of the World that is loaded when one of its members is first called: a run that only finds its session fresh
 * should not read the files of a dozen things that it does not touch.
 *
 * @param load - makes the real part; called once
 */
export function lazily<Part extends AsyncPart<Part>>(load: () => Promise<Part>): Part {
  let loading: Promise<Part> | undefined
  return new Proxy({} as Part, {
    get: (_, member) => {
      // A promise is told by its `then`: whoever awaits this object must not take it for one.
      if (member === 'then') return undefined
      return async (...args: never[]) => {
        loading ??= load()
        const part = await loading
        return await part[member as keyof Part](...args)
      }
    },
  })
}

/**
 * A part of the World that is made when one of its members is first asked for: what is wrong with the place of its files
 * is no concern of a run that does not touch them, `--help` above all.
 */
export function whenUsed<Part extends object>(make: () => Part): Part {
  let part: Part | undefined
  return new Proxy({} as Part, {
    get: (_, member) => {
      part ??= make()
      return Reflect.get(part, member)
    },
  })
}

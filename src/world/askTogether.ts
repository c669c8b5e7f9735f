/** What a keychain holds for each account; `null` where there is nothing. */
type Passwords = readonly (string | null)[]

interface Question {
  readonly accounts: string[]
  readonly meanwhile: (() => void)[]
  readonly answers: Promise<Passwords>
}

/**
 * Makes one question of those that are asked in the same moment: each costs a process, and may cost a dialog.
 *
 * @param askAll - is told what all who ask have to do while the keychain is on its way to an answer
 */
export function askTogether(askAll: (accounts: readonly string[], meanwhile: () => void) => Promise<Passwords>) {
  let waiting: Question | undefined
  const begin = (): Question => {
    const accounts: string[] = []
    const meanwhile: (() => void)[] = []
    const answers = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      waiting = undefined
      return askAll(accounts, () => {
        for (const work of meanwhile) work()
      })
    })
    return { accounts, meanwhile, answers }
  }
  return async (account: string, meanwhile = () => {}): Promise<string | undefined> => {
    waiting ??= begin()
    const { accounts, answers } = waiting
    waiting.meanwhile.push(meanwhile)
    const place = accounts.includes(account) ? accounts.indexOf(account) : accounts.push(account) - 1
    return (await answers)[place] ?? undefined
  }
}

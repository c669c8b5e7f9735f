/**
 * The program that touches the keychain: one question from the parent over the IPC channel, one answer, then the parent
 * ends it. It is a process of its own because a locked keyring can block libsecret for ever, and a process with a blocked
 * worker thread does not even leave on `process.exit()`: only SIGKILL ends it.
 */
import process from 'node:process'
import { type Keytar, loadKeytar } from './loadKeytar.js'

export type Question =
  | { readonly operation: 'get'; readonly service: string; readonly accounts: readonly string[] }
  | { readonly operation: 'delete'; readonly service: string; readonly account: string }
  | { readonly operation: 'set'; readonly service: string; readonly account: string; readonly password: string }

export type Answer =
  /** whether there was an item to delete, or all that were to be got; to `get` the passwords, `null` where there is none */
  | { readonly kind: 'done'; readonly existed: boolean; readonly passwords?: readonly (string | null)[] }
  /** to `delete`: the item is still there */
  | { readonly kind: 'not-deleted' }
  /** the keychain refused */
  | { readonly kind: 'refused'; readonly text: string }
  /** keytar cannot be loaded; `code` and `text` are those of its native part */
  | { readonly kind: 'no-library'; readonly code: string | undefined; readonly text: string }

/** More than any seed or key pair has; what another program has put there may have any length. */
const mostCharacters = 1024

// Node opens its debugger to every local user on SIGUSR1, unless there is a listener (Node docs, "Signal events").
process.on('SIGUSR1', () => {})
// The parent is gone, or wants no answer any more.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.once('message', async (question: Question) => {
  process.send?.(await reply(question))
})

async function reply(question: Question): Promise<Answer> {
  let keytar: Keytar
  try {
    keytar = await loadKeytar()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return { kind: 'no-library', code, text: message }
  }
  try {
    return await perform(keytar, question)
  } catch (error) {
    return { kind: 'refused', text: error instanceof Error ? error.message : String(error) }
  }
}

// keytar's findCredentials and findPassword are never called: they crash on a locked keyring (atom/node-keytar#477), and
// on Windows they match other programs' items.
async function perform(keytar: Keytar, question: Question): Promise<Answer> {
  const { service } = question
  switch (question.operation) {
    case 'get': {
      const passwords: (string | null)[] = []
      for (const account of question.accounts) {
        passwords.push((await keytar.getPassword(service, account))?.slice(0, mostCharacters) ?? null)
      }
      return { kind: 'done', existed: !passwords.includes(null), passwords }
    }
    case 'set': {
      const { account } = question
      // Some keychains ask the person before each change.
      if ((await keytar.getPassword(service, account)) === question.password) return { kind: 'done', existed: true }
      await keytar.setPassword(service, account, question.password)
      return { kind: 'done', existed: true }
    }
    case 'delete': {
      const { account } = question
      const existed = await keytar.deletePassword(service, account)
      if (existed && (await keytar.getPassword(service, account)) !== null) return { kind: 'not-deleted' }
      return { kind: 'done', existed }
    }
  }
}

import type nodeCrypto from 'node:crypto'

/** Node's crypto, loaded when it is first used: that takes a tenth of the time in which a fresh session is found. */
export function crypto(): typeof nodeCrypto {
  return process.getBuiltinModule('node:crypto')
}

// The first file of the executable that needs no Node (`npm run build:standalone`): the program, and its keychain's child.
import { realpathSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import process from 'node:process'
import { keychainVerb } from './world/ownParts.standalone.js'

const [, , first = ''] = process.argv

if (first === keychainVerb) {
  void import('./world/keychainChild.js')
} else {
  // Hooks start two words, as with Node and a file of JavaScript: here both are this file.
  if (isAbsolute(first) && isThisFile(first)) process.argv.splice(2, 1)
  void import('./main.js')
}

function isThisFile(path: string): boolean {
  try {
    return realpathSync(path) === realpathSync(process.execPath)
  } catch {
    return false
  }
}

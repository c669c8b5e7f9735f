#!/usr/bin/env node
// Every Node since 12.17 must be able to read this file and what it imports, to be told that it is too old: no newer
// syntax than ES2018, no `node:` imports, no `await` at the top. All the rest is loaded by `import()`, after the check.
import { newerNode } from './core/oldestNode.js'

const { node } = process.versions
const newer = newerNode(node)

if (newer) {
  process.stderr.write(`awsmfa needs Node ${newer} or later; this is ${node} (${process.execPath})\n`)
  process.exitCode = 2
} else {
  import('./edge.js').then(
    ({ start }) => start(),
    // A damaged installation, or one file too many: the terminal is not there to tell it.
    (error) => {
      const full = error.code === 'EMFILE' || error.code === 'ENFILE'
      const hint = full ? 'allow more open files: ulimit -n 256' : 'install awsmfa again: npm install --global awsmfa'
      process.stderr.write(`awsmfa: cannot start: ${String(error.message).split('\n')[0]}\nawsmfa: hint: ${hint}\n`)
      process.exitCode = 3
    },
  )
}

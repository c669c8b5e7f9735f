import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Writes a module for `node --require` that stands in for keytar.
 *
 * @param folder - a temporary folder
 * @param body - CommonJS that returns keytar's functions; `fs`, `folder` and `sleep(ms)` are at hand
 * @returns Node's options that put it in
 */
export function fakeKeytar(folder: string, body: string): string[] {
  const file = join(folder, 'fakeKeytar.cjs')
  writeFileSync(
    file,
    `const fs = require('node:fs')
const Module = require('node:module')
const folder = ${JSON.stringify(folder)}
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const make = () => { ${body} }
const load = Module._load
let keytar
Module._load = (request, ...rest) => (request === 'keytar' ? (keytar ??= make()) : load(request, ...rest))
`,
  )
  return ['--require', file]
}

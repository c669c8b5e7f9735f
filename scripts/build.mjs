// `npm run build [-- FOLDER]`, and what npm runs before it packs.
import { resolve } from 'node:path'
import process from 'node:process'
import { build } from './ready.mjs'

const [, , folder] = process.argv
await build(folder && resolve(folder))

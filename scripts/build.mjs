// Compiles src/ into dist/, the only thing that is published. Starts from an empty folder: a file that was deleted in
// src/ must not live on in a package.
import { execFileSync } from 'node:child_process'
import { chmodSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const top = dirname(dirname(fileURLToPath(import.meta.url)))
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')

rmSync(join(top, 'dist'), { recursive: true, force: true })
execFileSync(process.execPath, [tsc, '--project', join(top, 'tsconfig.json')], { stdio: 'inherit' })
chmodSync(join(top, 'dist', 'main.js'), 0o755)

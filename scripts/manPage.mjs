// The manual page, made from the compiled source whenever that was compiled.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Writes awsmfa.1 into `folder`, from what was compiled into `compiled`. */
export async function writeManPage(compiled, folder) {
  const { manPage } = await import(pathToFileURL(join(compiled, 'cli', 'manPage.js')).href)
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  writeFileSync(join(folder, 'awsmfa.1'), await manPage(version))
}

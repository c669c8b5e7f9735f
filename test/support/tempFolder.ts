import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** An empty folder of mode 0700 for one test, removed after it. */
export function tempFolder(t: TestContext): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'awsmfa-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

// A program as small as can be, to be killed: appends one line to one file under the lock, unless the line is there.
// Usage: crashDriver STATE-FOLDER FILE LINE. Exits 3 for a Failure; any other error is a bug and ends it with 1.
import { Failure } from '../../src/errors.js'
import { makeLock } from '../../src/world/lock.js'
import { replaceFile } from '../../src/world/replaceFile.js'

const [, , folder = '', file = '', line = ''] = process.argv
try {
  await makeLock(folder).hold('session', () =>
    replaceFile(file, (bytes) => (bytes.includes(line) ? bytes : Buffer.concat([bytes, Buffer.from(`${line}\n`)]))),
  )
} catch (error) {
  if (!(error instanceof Failure)) throw error
  process.stderr.write(`${error.kind}: ${error.message}\n`)
  process.exitCode = 3
}

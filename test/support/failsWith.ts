import assert from 'node:assert/strict'
import type { FailureKind } from '../../src/errors.js'
import { Failure } from '../../src/errors.js'

/** Asserts that `work` throws a Failure of `kind` whose message matches, and returns it. */
export async function failsWith(kind: FailureKind, message: RegExp, work: () => unknown): Promise<Failure> {
  try {
    await work()
  } catch (error) {
    assert.ok(error instanceof Failure, `not a Failure: ${String(error)}`)
    assert.equal(error.kind, kind, error.message)
    assert.match(error.message, message)
    assert.ok(error.hints.length > 0, `no hint: ${error.message}`)
    return error
  }
  return assert.fail('nothing was thrown')
}

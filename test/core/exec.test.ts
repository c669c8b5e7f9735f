import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { batchLine, childEnv, isBatchFile, programPaths, readHead } from '../../src/core/exec.js'

describe('the environment of a program that gets a session', () => {
  const variables = { AWS_ACCESS_KEY_ID: 'new', AWS_REGION: 'eu-west-1' }

  test('has the session in the place of other credentials, and all else as it was', () => {
    const env = { HOME: '/home/alice', AWS_ACCESS_KEY_ID: 'old', AWS_PROFILE: 'x', AWS_VAULT: 'y', GONE: undefined }
    assert.deepEqual(childEnv(env, variables, false), { HOME: '/home/alice', ...variables })
  })

  test('has each variable once where the case of names does not count', () => {
    const env = { Path: 'C:\\', Aws_Profile: 'x', aws_access_key_id: 'old', Aws_Region: 'us-east-1' }
    assert.deepEqual(childEnv(env, variables, true), { Path: 'C:\\', ...variables })
    assert.deepEqual(childEnv({ aws_profile: 'mine' }, variables, false), { aws_profile: 'mine', ...variables })
  })
})

describe('a program is looked for', () => {
  const paths = (name: string, PATH: string | undefined) => programPaths(name, { PATH }, false, '/here')

  test('in the folders of the PATH, an empty one of which is the current one', () => {
    assert.deepEqual(paths('aws', '/usr/bin::bin:/opt/a b'), [
      '/usr/bin/aws',
      '/here/aws',
      '/here/bin/aws',
      '/opt/a b/aws',
    ])
    assert.deepEqual(paths('aws', undefined), ['/usr/bin/aws', '/bin/aws'])
  })

  test('by its path when it has one', () => {
    assert.deepEqual(paths('./deploy.sh', '/usr/bin'), ['/here/deploy.sh'])
    assert.deepEqual(paths('/opt/x', '/usr/bin'), ['/opt/x'])
  })

  test('on Windows with the endings that make a program of a file, and not in the current folder unless it says so', () => {
    const env = { Path: 'C:\\Windows;"C:\\Program Files\\x";;', PathExt: '.EXE;.CMD' }
    assert.deepEqual(programPaths('aws', env, true, 'C:\\here'), [
      ...['C:\\Windows\\aws.EXE', 'C:\\Windows\\aws.CMD'],
      ...['C:\\Program Files\\x\\aws.EXE', 'C:\\Program Files\\x\\aws.CMD'],
    ])
    assert.deepEqual(programPaths('.\\aws.cmd', { PATHEXT: '.EXE;.CMD' }, true, 'C:\\here'), [
      ...['C:\\here\\aws.cmd', 'C:\\here\\aws.cmd.EXE', 'C:\\here\\aws.cmd.CMD'],
    ])
    assert.equal(programPaths('x', { PATH: 'C:\\' }, true, 'C:\\here').length, 4)
  })
})

describe('the command line of a batch file', () => {
  test('keeps each argument between quotes, whatever is in it', () => {
    const line = (...args: string[]) => batchLine('C:\\npm\\cdk.cmd', args)
    const whole = (words: string) => `/e:ON /v:OFF /d /s /c ""C:\\npm\\cdk.cmd"${words}"`
    assert.equal(line(), whole(''))
    assert.equal(line('a b', '', '&whoami|x>y^'), whole(' "a b" "" "&whoami|x>y^"'))
    assert.equal(line('say "hi"&whoami'), whole(' "say ""hi""&whoami"'))
    assert.equal(line('C:\\dir\\', 'a\\"b'), whole(' "C:\\dir\\\\" "a\\\\""b"'))
    assert.equal(line('%PATH%'), whole(' "%%cd:~,%PATH%%cd:~,%"'))
  })

  test('is refused for what would end it or start a name', () => {
    assert.equal(batchLine('C:\\a.cmd', ['x\r\nwhoami']), undefined)
    assert.equal(batchLine('C:\\%x%\\a.cmd', []), undefined)
    assert.ok(isBatchFile('C:\\a.CMD') && isBatchFile('a.bat') && !isBatchFile('a.exe'))
  })
})

describe("a file's first bytes", () => {
  const elf = (machine: number, rest = '') => {
    const head = Buffer.alloc(64 + rest.length)
    head.write('\x7fELF\x02\x01', 'latin1')
    head.writeUInt16LE(machine, 18)
    head.write(rest, 64, 'latin1')
    return head
  }
  const mach = (words: readonly number[]) => {
    const head = Buffer.alloc(32)
    for (const [index, word] of words.entries()) head.writeUInt32BE(word, index * 4)
    return head
  }

  test('tell a binary of this machine, and what loads it', () => {
    assert.deepEqual(readHead(elf(62), elf(62)), { kind: 'binary' })
    assert.deepEqual(readHead(elf(62, '\0/lib64/ld-linux-x86-64.so.2\0'), elf(62)), {
      kind: 'binary',
      loader: '/lib64/ld-linux-x86-64.so.2',
    })
    assert.deepEqual(readHead(elf(183), elf(62)), { kind: 'unknown' }, 'of another machine')
    const own = readFileSync(process.execPath).subarray(0, 4096)
    assert.equal(readHead(own, own).kind, 'binary')
  })

  test('tell one of macOS, for one machine or several, from a class file of Java', () => {
    const arm = mach([0xcffaedfe, 0x0c000001])
    assert.equal(readHead(arm, arm).kind, 'binary')
    assert.equal(readHead(mach([0xcafebabe, 2]), arm).kind, 'binary')
    assert.equal(readHead(arm, mach([0xcafebabe, 2])).kind, 'unknown')
    assert.equal(readHead(mach([0xcffaedfe, 0x07000001]), arm).kind, 'unknown')
    assert.equal(readHead(mach([0xcafebabe, 65]), arm).kind, 'unknown')
  })

  test('tell a script and its interpreter, or text for a shell', () => {
    const kind = (text: string) => readHead(Buffer.from(text), elf(62))
    assert.deepEqual(kind('#! /usr/bin/env python3\n'), { kind: 'script', interpreter: '/usr/bin/env' })
    assert.deepEqual(kind('#!/bin/sh\r\n'), { kind: 'script', interpreter: '/bin/sh\r' })
    assert.deepEqual(kind('echo hi\n'), { kind: 'text' })
    assert.deepEqual(kind(''), { kind: 'unknown' })
    assert.deepEqual(kind('MZ\0\0'), { kind: 'unknown' })
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPrivateGroup, parseUsers } from '../../src/core/userDatabase.js'

const passwd = `root:x:0:0:root:/root:/bin/bash
ada:x:1000:1000:Ada,,,:/home/ada:/bin/zsh
bob:x:1001:100::/home/bob:/bin/sh
carol:x:1002:100::/home/carol:/bin/sh
dora:x:1003:1003::/home/dora:/bin/sh
# a comment
+::::::
broken`
const group = `root:x:0:
ada:x:1000:
users:x:100:
dora:x:1003:dora,ada
staff:x:50:ada`

test('a group is private when it is the primary group of its one user', () => {
  const cases: [number, number, boolean][] = [
    [1000, 1000, true],
    [0, 0, true],
    [1001, 100, false], // carol is in it too
    [1003, 1003, false], // ada is a member
    [1000, 50, false], // not the primary group
    [1000, 1003, false],
    [54321, 54321, false], // unknown here: LDAP may know more
  ]
  for (const [uid, gid, isPrivate] of cases)
    assert.equal(isPrivateGroup(uid, gid, passwd, group), isPrivate, `${uid}:${gid}`)
  assert.ok(isPrivateGroup(1000, 1000, passwd, ''))
  assert.ok(isPrivateGroup(1000, 1000, passwd, 'ada:x:1000:ada'))
  assert.ok(!isPrivateGroup(1000, 1000, '', group))
})

test('lines that describe no user are passed over', () => {
  assert.deepEqual(
    parseUsers(passwd).map(({ name }) => name),
    ['root', 'ada', 'bob', 'carol', 'dora'],
  )
})

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { processLine, profileSection } from '../../src/core/processLine.js'
import { failsWith } from '../support/failsWith.js'
import { absent } from '../support/parts.js'

const odd = [
  "/opt/my node/it's",
  '/a $HOME/`x`/~',
  '/semi ; colon',
  '/hash # tag',
  '/"quoted"',
  '/back\\slash',
  '/äö',
  '*?[x]',
]
const { line } = processLine([...odd, 'credential-process'])

test('ordinary paths stand as they are', () => {
  assert.deepEqual(processLine(['/usr/bin/node', '/usr/lib/awsmfa-1.2/main.js', '--mfa-profile-name', 'a@b/c:d+e']), {
    line: '/usr/bin/node /usr/lib/awsmfa-1.2/main.js --mfa-profile-name a@b/c:d+e',
    cautions: [],
  })
})

test('a line starts with no quote and holds nothing that starts a comment', () => {
  assert.doesNotMatch(processLine(['/a b', 'x']).line, /^"/)
  assert.doesNotMatch(line, /(^|\s)[#;]/)
})

test('a shell finds the very words in the line', () => {
  const print = '"$1" -e "process.stdout.write(JSON.stringify(process.argv.slice(1)))" -- '
  const said = execFileSync('/bin/sh', ['-c', `${print}${line}`, 'sh', process.execPath], { encoding: 'utf8' })
  assert.deepEqual(JSON.parse(said), [...odd, 'credential-process'])
})

test('botocore finds the very words in the line', { skip: absent('python3') }, () => {
  const script = 'import json,shlex,sys; print(json.dumps(shlex.split(sys.argv[1])))'
  const { stdout } = spawnSync('python3', ['-IS', '-c', script, line], { encoding: 'utf8' })
  assert.deepEqual(JSON.parse(stdout), [...odd, 'credential-process'])
})

test('a line end in a path is refused', async () => {
  await failsWith('act', /control character/, () => processLine(['/a\nb', 'x']))
})

test('on Windows only what needs quotes has them, never in front, with a word about programs in Go', () => {
  const words = ['credential-process', '--mfa-profile-name', 'mfa']
  assert.deepEqual(processLine(['C:\\node\\node.exe', 'C:\\npm\\main.js', ...words]), {
    line: 'C:\\node\\node.exe C:\\npm\\main.js credential-process --mfa-profile-name mfa',
    cautions: [],
  })
  const { line, cautions } = processLine(['C:\\Program Files\\nodejs\\node.exe', 'C:\\a b\\main.js', ...words])
  assert.match(
    line,
    /^cmd\.exe \/d \/c call "C:\\Program Files\\nodejs\\node\.exe" "C:\\a b\\main\.js" credential-process/,
  )
  assert.match(cautions.join(), /Terraform/)
  assert.match(processLine(['C:\\node.exe', 'C:\\a b\\main.js']).line, /^C:\\node\.exe "C:\\a b\\main\.js"$/)
})

test('a section has what is known', () => {
  assert.equal(
    profileSection('mfa-process', { region: undefined, credential_process: 'x y' }),
    '[profile mfa-process]\ncredential_process = x y',
  )
})

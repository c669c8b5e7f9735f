// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are what is tested
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expandPath } from '../../src/core/pathVariable.js'
import { failsWith } from '../support/failsWith.js'

const env = { HOME: '/home/ada', X: 'x', DOLLAR: '$X', EMPTY: '', UserProfile: 'C:\\Users\\ada' }
const homes: Readonly<Record<string, string>> = { '': '/home/ada', bob: '/srv/bob/', root: '/' }
const on = (windows: boolean) => ({ env, windows, homeOf: (user: string) => homes[user] })

// As os.path.expandvars and os.path.expanduser of Python 3.11 give them.
const expanded: [string, string][] = [
  ['/etc/aws/config', '/etc/aws/config'],
  ['relative/~/config', 'relative/~/config'],
  ['~', '/home/ada'],
  ['~/.aws/config', '/home/ada/.aws/config'],
  ['~bob/.aws/config', '/srv/bob/.aws/config'],
  ['~root', '/'],
  ['~root/config', '/config'],
  ['$HOME/.aws/config', '/home/ada/.aws/config'],
  ['${HOME}/.aws/config', '/home/ada/.aws/config'],
  ['/a/$X.$X/${X}y', '/a/x.x/xy'],
  ['$EMPTY/config', '/config'],
  ["/a b/100%/it's (1)", "/a b/100%/it's (1)"],
  ['/home/Jürgen/.aws', '/home/Jürgen/.aws'],
]
for (const [value, path] of expanded) {
  test(`the path ${value} in a variable is ${path}`, () => {
    assert.equal(expandPath('AWS_CONFIG_FILE', value, on(false)), path)
  })
}

const refused: [string, RegExp][] = [
  ['$HOM/.aws/config', /'\$HOM\/.aws\/config', which names a variable that is not set$/],
  ['${HOME:-/root}/config', /variable that is not set/],
  ['$DOLLAR/config', /variable that is not set/],
  ['$(pwd)/config', /variable that is not set/],
  ['`pwd`/config', /command for a shell/],
  ['~carol/config', /no user here is called that/],
  ['"/home/ada/config"', /quotes that no shell/],
  ["'~/.aws/config'", /quotes that no shell/],
  ['"$HOME"/.aws/config', /quotes that no shell/],
  ['/home/ada/config\r', /control character/],
  ['/home/ada/\u001b[2Jconfig', /control character/],
  ['/home/ada/config ', /a blank at one end/],
  ['%USERPROFILE%\\.aws\\config', /percent signs/],
  ['%h/.aws/config', /percent signs/],
  ['${EMPTY}', /comes to nothing/],
  ['file:///home/ada/config', /a URL/],
  ['C:\\Users\\ada\\.aws\\config', /path of Windows/],
  ['c:/Users/ada/.aws/config', /path of Windows/],
  ['\\\\server\\share\\config', /path of Windows/],
]
for (const [value, why] of refused) {
  test(`a variable that holds ${JSON.stringify(value)} is refused by its name`, async () => {
    const failure = await failsWith('act', why, () => expandPath('AWS_CONFIG_FILE', value, on(false)))
    assert.match(failure.message, /^AWS_CONFIG_FILE is '/)
    assert.doesNotMatch(failure.message, /\p{Cc}/u)
  })
}

test('on Windows drives, shares and percent signs are at home, and names have no case', async () => {
  const windows: [string, string][] = [
    ['C:\\aws\\config', 'C:\\aws\\config'],
    ['\\\\server\\home$\\ada', '\\\\server\\home$\\ada'],
    ['%USERPROFILE%\\.aws\\config', 'C:\\Users\\ada\\.aws\\config'],
    ['$home/.aws/config', '/home/ada/.aws/config'],
    ['~\\.aws\\config', '/home/ada\\.aws\\config'],
  ]
  for (const [value, path] of windows) assert.equal(expandPath('V', value, on(true)), path)
  for (const value of ['%NOPE%\\config', '$nope\\config', '"C:\\aws"', '~carol\\config']) {
    await failsWith('act', /^V is /, () => expandPath('V', value, on(true)))
  }
})

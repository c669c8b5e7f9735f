import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { notificationCommand } from '../../src/core/notification.js'

const nasty = '"; do shell script "id" -- <b>&\n\x1b]0;x\x07 JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const clean = '"; do shell script "id" -- <b>& \\u{1b}]0;x\\u{7} [seed]'

suite('notification', () => {
  test('on Linux the text is one argument, escaped from being markup', () => {
    const { command, args } = notificationCommand('linux', '-t', nasty)
    const markup = clean.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')
    assert.deepEqual([command, ...args], ['notify-send', '--app-name=awsmfa', '--', '-t', markup])
  })

  test('on macOS the text is an argument of a script that never changes', () => {
    const one = notificationCommand('darwin', 'awsmfa', nasty).args
    const other = notificationCommand('darwin', 'awsmfa', 'harmless').args
    assert.deepEqual(one.slice(0, -1), other.slice(0, -1))
    assert.equal(one.at(-1), clean)
  })

  test('on Windows the text is a variable of a script that never changes', () => {
    const { args, env } = notificationCommand('win32', 'awsmfa', nasty)
    assert.deepEqual(args, notificationCommand('win32', 'awsmfa', 'harmless').args)
    assert.deepEqual(env, { AWSMFA_TITLE: 'awsmfa', AWSMFA_TEXT: clean })
    // A double quote in an argument is written in several ways on Windows, and not all programs know them.
    assert.doesNotMatch(args.join(' '), /"/)
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { optionsOf, outline } from '../../src/core/awsFileOutline.js'
import { type Parts, readValue, takeApart } from '../../src/core/awsFileScan.js'

const search = process.env.AWSMFA_FUZZ === '1' ? { numRuns: 100_000 } : { seed: 20261125, numRuns: 2_000 }

/** Lines each of which differs from its neighbours in a value or a comment only; then those that are nearly so. */
const usual = [
  ['k = v', 'k = w', 'k = é', 'k = "', 'k = [x]', 'k = a\u2028b', 'k = # c'],
  ['l = v', 'l = =', 'l = v\u2028'],
  ['s3 =\n  a = b', 's3 =\n  a = c'],
  ['n = v\n  a', 'n = w\n  a'],
  ['# a', '; b', '# a\u2028k = v', '  # a', '#\x85'],
  ['m = v\r', 'm = w\r', 'm = [x]\r'],
  ['', ''],
]
const odd = [
  'n = \n  a',
  ...['k =', 'K = v', 'k=v', '  a', '  a = b', '  a = b\x0bc', '  a = b\u2028c', '  ', '\r', '# \rk = v', 'm = \r'],
  ...['[k = v', '[k = v]', '  [k = v]', '  [k = w]', '[]', '[]]', '[DEFAULT]', 'junk', 'k: v', 's3 =', 'k = a\x0bb'],
]
const rarely = <T>(usually: fc.Arbitrary<T>, seldom: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 19, arbitrary: usually }, { weight: 1, arbitrary: seldom })
/** Files of sections that look like those that a program writes: the same lines, with other values. */
const file = fc
  .subarray(usual, { minLength: 1 })
  .chain((body) => {
    const lines = body.map((alike) => rarely(fc.constantFrom(...alike), fc.constantFrom(...odd)))
    const header = rarely(fc.constant('[N]'), fc.constantFrom('[N] # [c]', '[N] # c', ' [N]', '[N]]', '[N', '[N]\r'))
    return fc.array(fc.tuple(header, ...lines), { maxLength: 6 })
  })
  .map((sections) =>
    sections.map(([head, ...body], at) => [head.replace('N', `p${at}`), ...body].join('\n')).join('\n'),
  )

function readAll({ sections }: Pick<Parts, 'sections'>) {
  return sections.map(({ name, options }) => [name, options.map((option) => [option.key, readValue(option)])])
}

test('what is read without taking every line apart is what the whole file says, or nothing', () => {
  let seen = 0
  fc.assert(
    fc.property(file, (text) => {
      const found = outline(text)
      if (found === undefined) return
      // What cannot be read throws here.
      const whole = takeApart(text)
      const read = found.map((section) => ({
        ...section,
        options: [...optionsOf(section)],
        line: 0,
        indent: '',
        rest: '',
      }))
      assert.deepEqual(readAll({ sections: read }), readAll(whole))
      for (const { keys, content } of found) {
        assert.deepEqual(
          keys,
          optionsOf({ name: '', keys, content }).map(({ key }) => key),
        )
        if (typeof content === 'string') seen++
      }
    }),
    search,
  )
  assert.ok(seen > search.numRuns / 10, `only ${seen} sections were known by their form`)
})

test('of a thousand sections alike one is taken apart', () => {
  const text = Array.from({ length: 1000 }, (_, n) => `[p${n}]\n# ${n}\nk = ${n}\ns3 =\n  a = ${n}\n\n`).join('')
  const taken = outline(text)?.filter(({ content }) => typeof content !== 'string')
  assert.equal(taken?.length, 1)
})

test('a section that is nearly like one before it is judged by itself', () => {
  const refused = ['n = \n  a', 'n = v\n  b\n[', 'n = v\nN = v', 'n = a\x0bb\n=', 'n\n  a']
  for (const body of refused) assert.equal(outline(`[p]\nn = v\n  a\n[q]\n${body}\n`), undefined, body)
})

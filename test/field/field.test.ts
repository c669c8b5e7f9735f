import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { top } from '../support/program.js'
import type { CliRun } from '../support/runCli.js'
import { openSandbox, type Sandbox, type SandboxState } from '../support/sandbox.js'
import { alice } from '../support/strictSts.js'
import { afterBlank, readCase, type Step, toFault, toPattern, wordsOf } from './form.js'

const folder = join(top, 'test', 'field')
const names = readdirSync(folder).filter((name) => name.endsWith('.txt'))

describe('cases from the field', { concurrency: 3 }, () => {
  for (const name of names.sort()) {
    const text = readFileSync(join(folder, name), 'utf8')
    it(`${name.replace('.txt', '')}: ${text.split('\n', 1)[0]}`, async (t) => {
      const { sandbox: options, steps } = readCase(name, text)
      const play = new Play(await openSandbox(t, options))
      for (const step of steps) {
        try {
          await play.step(step)
        } catch (error) {
          const { run } = play
          const said = run === undefined ? '' : `\nexit ${run.code}\nstdout: ${run.stdout}\nstderr: ${run.stderr}`
          const place = `test/field/${name}:${step.line}: ${step.word} ${step.rest}`
          throw new Error(`${place}${said}\n${(error as Error).message}`, { cause: error })
        }
      }
    })
  }
})

/** One case as it is played: what its steps have set up and what the last run came to. */
class Play {
  run: CliRun | undefined
  private readonly env: Record<string, string | undefined> = {}
  private input: string | undefined
  private before: SandboxState | undefined

  constructor(private readonly sandbox: Sandbox) {}

  async step({ word, rest, body }: Step): Promise<void> {
    const { home, sts } = this.sandbox
    const text = this.fill(rest)
    const [first = ''] = text.split(' ')
    const content = Buffer.from(this.fill(body)).toString('latin1')
    switch (word) {
      case 'file':
        return home.write(text, content)
      case 'more':
        return home.write(text, `${home.read(text) ?? ''}${content}`)
      case 'mode':
        return home.write(afterBlank(text), home.read(afterBlank(text)) ?? '', Number.parseInt(first, 8))
      case 'folder':
        return void mkdirSync(join(home.path, text), { recursive: true })
      case 'remove':
        return home.remove(text)
      case 'link': {
        const [link = '', target = ''] = text.split(' -> ')
        home.remove(link)
        mkdirSync(dirname(join(home.path, link)), { recursive: true })
        return symlinkSync(target, join(home.path, link))
      }
      case 'var':
        this.env[text.slice(0, text.indexOf('='))] = text.slice(text.indexOf('=') + 1)
        return
      case 'unset':
        this.env[text] = undefined
        return
      case 'input':
        this.input = this.fill(body)
        return
      case 'fault':
        return sts.fault(...toFault(text))
      case 'run':
        return await this.start(wordsOf(text))
      default:
        return this.judge(word, text)
    }
  }

  private async start(words: readonly string[]): Promise<void> {
    const at = words.indexOf('awsmfa')
    const own = Object.fromEntries(words.slice(0, at).map((word) => word.split(/=(.*)/s).slice(0, 2)))
    this.before = this.sandbox.state()
    const input = this.input
    this.input = undefined
    const env = { ...this.env, ...own }
    this.run = await this.sandbox.run(words.slice(at + 1), { env, ...(input === undefined ? {} : { input }) })
  }

  private judge(word: Step['word'], text: string): void {
    const { run, before, sandbox } = this
    assert.ok(run !== undefined && before !== undefined)
    const said = `${run.stdout}${run.stderr}`
    const [name = ''] = text.split(' ')
    const held = () => Buffer.from(sandbox.home.read(name) ?? '', 'latin1').toString()
    const now = sandbox.state()
    const same = () => assert.deepEqual({ ...now, requests: 0 }, { ...before, requests: 0 })
    const judges: Partial<Record<Step['word'], () => void>> = {
      exit: () => assert.equal(run.code, Number(text)),
      says: () => assert.match(said, toPattern(text)),
      not: () => assert.doesNotMatch(said, toPattern(text)),
      silent: () => assert.equal(said, ''),
      holds: () => assert.match(held(), toPattern(afterBlank(text))),
      lacks: () => assert.doesNotMatch(held(), toPattern(afterBlank(text))),
      absent: () => assert.equal(now.files[text], undefined),
      unchanged: text === '' ? same : () => assert.equal(now.files[text], before.files[text]),
      calls: () => assert.equal(sandbox.sts.log.length - before.requests, Number(text)),
    }
    const judge = judges[word] ?? assert.fail(`nothing is done for ${word}`)
    judge()
  }

  /** Puts in what a case cannot know beforehand or should not spell: see README.md. */
  private fill(text: string): string {
    const { home, sts } = this.sandbox
    const known: Record<string, () => string> = {
      home: () => home.path,
      sts: () => sts.url,
      seed: () => alice.seed,
      serial: () => alice.serialNumber,
      id: () => alice.accessKeyId,
      secret: () => alice.secretAccessKey,
      code: () => sts.code(),
    }
    return text
      .replace(/\{(\w+)\}/g, (whole, name: string) => known[name]?.() ?? whole)
      .replace(/\{U\+([0-9A-F]+)\}/g, (_, point: string) => String.fromCodePoint(Number.parseInt(point, 16)))
      .replace(/\{now([+-]\d+) h\}/g, (_, hours: string) =>
        new Date(Date.now() + Number(hours) * 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z'),
      )
  }
}

describe('the form of a case', () => {
  const good = '# a case\nrun awsmfa status\nexit 0\nsays x\n'
  const typos: Record<string, [string, RegExp]> = {
    'an unknown word': [good.replace('says', 'syas'), /x\.txt:4: what is "syas"/],
    'a run without an exit': [good.replace('exit 0\n', ''), /x\.txt:2: a run needs one exit/],
    'a run that is judged by nothing else': [good.replace('says x\n', ''), /x\.txt:2: a run needs more/],
    'a bad regular expression': [good.replace('says x', 'says /(/'), /x\.txt:4: .*Invalid regular expression/],
    'a file without lines': [good.replace('run', 'file .aws/config\nrun'), /x\.txt:2: file needs indented lines/],
    'no title': [good.slice(2), /x\.txt:1: the first line/],
    'a judgement above the run': [good.replace('run', 'calls 0\nrun'), /x\.txt:2: calls must stand below a run/],
    'another program': [good.replace('awsmfa', 'aws'), /x\.txt:2: run must be followed by/],
  }
  for (const [what, [text, problem]] of Object.entries(typos)) {
    it(`refuses ${what}`, () => {
      readCase('x.txt', good)
      assert.throws(() => readCase('x.txt', text), problem)
    })
  }
})

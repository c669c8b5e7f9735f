import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { it } from 'node:test'

const module = new URL('../../src/world/cleanup.js', import.meta.url)

it('what was made last is undone first, and what fails there or was taken back stops nothing', () => {
  const program = `
    const { onExit } = await import(${JSON.stringify(module.href)})
    onExit(() => console.log('the lock'))
    const forget = onExit(() => console.log('renamed away by then'))
    onExit(() => { throw new Error('gone already') })
    onExit(() => console.log('the file under the lock'))
    forget()
    process.exit(7)`
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  assert.deepEqual([run.status, run.stdout, run.stderr], [7, 'the file under the lock\nthe lock\n', ''])
})

it('a core file holds no memory, also of a run that never talks to AWS', { skip: process.platform !== 'linux' }, () => {
  const program = `
    const { endInOrder } = await import(${JSON.stringify(module.href)})
    endInOrder()
    process.stdout.write((await import('node:fs')).readFileSync('/proc/self/coredump_filter', 'utf8'))`
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  // Which kinds of memory are in it, as a bit mask: core(5).
  assert.equal(Number.parseInt(run.stdout, 16), 0, run.stderr)
})

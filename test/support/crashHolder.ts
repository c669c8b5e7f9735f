// Takes the lock again and again and listens on a port while holding it: the kernel lets only one process do that, and
// frees the port of a killed one. Usage: crashHolder STATE-FOLDER PORT ROUNDS. Exits 9 when two hold the lock at once;
// sometimes kills itself while holding it.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { makeLock } from '../../src/world/lock.js'

const [, , folder = '', port = '', rounds = ''] = process.argv
const lock = makeLock(folder)
for (let round = 0; round < Number(rounds); round++) {
  await lock.hold('session', async () => {
    const server = createServer()
    server.on('error', () => process.exit(9))
    server.listen(Number(port), '127.0.0.1')
    await once(server, 'listening')
    if (Math.random() < 0.2) process.kill(process.pid, 'SIGKILL')
    server.close()
    await once(server, 'close')
  })
}

// A keychain for demonstrations and for machines without one: `node --require …/throwAwayKeychain.cjs dist/main.js …`.
// It stands in for keytar, in awsmfa itself and in the child that reads the keychain, and keeps the items as plain text
// in `.throw-away-keychain.json` in the home folder. So give it a HOME that is thrown away, and seeds that are too.
//
// On Linux awsmfa first asks the Secret Service how it is: the busctl beside this file answers that it is open.
const { chmodSync, readFileSync, renameSync, writeFileSync } = require('node:fs')
const Module = require('node:module')
const { homedir } = require('node:os')
const { delimiter, join } = require('node:path')
const process = require('node:process')

const file = join(homedir(), '.throw-away-keychain.json')

process.env.PATH = [join(__dirname, 'throwAwayBin'), process.env.PATH].filter(Boolean).join(delimiter)
process.env.DBUS_SESSION_BUS_ADDRESS = 'unix:path=/nonexistent/throw-away'

const read = () => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return {}
    throw error
  }
}

const write = (items) => {
  const temporary = `${file}.${process.pid}`
  writeFileSync(temporary, JSON.stringify(items, undefined, 2), { mode: 0o600 })
  chmodSync(temporary, 0o600)
  renameSync(temporary, file)
}

const keytar = {
  async getPassword(service, account) {
    return read()[`${service} ${account}`] ?? null
  },
  async setPassword(service, account, password) {
    write({ ...read(), [`${service} ${account}`]: password })
  },
  async deletePassword(service, account) {
    const { [`${service} ${account}`]: item, ...others } = read()
    if (item === undefined) return false
    write(others)
    return true
  },
}

// Module._load is not documented and has been there in every version of Node; awsmfa's child loads keytar by require.
const load = Module._load
Module._load = (request, ...rest) => (request === 'keytar' ? keytar : load(request, ...rest))

// The executable, with `BUN_OPTIONS=--preload=…`: there the native part comes in by itself, and the child's environment is
// made anew.
if (process.versions.bun !== undefined) {
  const { dlopen } = process
  process.dlopen = (module, file, ...rest) => {
    if (!/keytar[^/]*\.node$/.test(file)) return dlopen(module, file, ...rest)
    module.exports = keytar
  }
  const childProcess = require('node:child_process')
  const { spawn } = childProcess
  const { BUN_OPTIONS } = process.env
  childProcess.spawn = (command, args, options) => {
    const isOurs = args?.at(-1) === '__keychain-child'
    return spawn(command, args, isOurs ? { ...options, env: { ...options.env, BUN_OPTIONS } } : options)
  }
}

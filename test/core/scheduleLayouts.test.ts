import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  carriedEnv,
  type HomeFacts,
  jobEnv,
  type StablePath,
  stablePath,
} from '../../src/core/schedule/surroundings.js'
import { failsWith } from '../support/failsWith.js'

interface Layout {
  readonly path: string
  /** on the PATH, beside the name that was called */
  readonly names?: readonly string[]
  readonly links?: Readonly<Record<string, string>>
  readonly expected: StablePath
}

describe('the path of a program that stays', () => {
  /** What was started, where links lead on that machine, and what is to be written down. */
  const pnpm = '/home/alice/.local/share/pnpm'
  const mise = '/home/alice/.local/share/mise/installs'
  const layouts: Record<string, Layout> = {
    'Debian: as it is': {
      path: '/usr/bin/node',
      expected: { path: '/usr/bin/node', kind: 'stable' },
    },
    'Homebrew: the link in opt': {
      path: '/opt/homebrew/Cellar/node/26.1.0/bin/node',
      links: {
        '/opt/homebrew/opt/node/bin/node': '/opt/homebrew/Cellar/node/26.1.0/bin/node',
        '/opt/homebrew/bin/node': '/opt/homebrew/Cellar/node/26.1.0/bin/node',
      },
      expected: { path: '/opt/homebrew/opt/node/bin/node', kind: 'stable' },
    },
    'Homebrew: a formula that is not linked into bin': {
      path: '/usr/local/Cellar/node@22/22.9.0_1/bin/node',
      links: {
        '/usr/local/opt/node@22/bin/node': '/usr/local/Cellar/node@22/22.9.0_1/bin/node',
        '/usr/local/bin/node': '/usr/local/Cellar/node/26.1.0/bin/node',
      },
      expected: { path: '/usr/local/opt/node@22/bin/node', kind: 'stable' },
    },
    'Homebrew: no link leads to the version that runs': {
      path: '/opt/homebrew/Cellar/node/25.0.0/bin/node',
      links: { '/opt/homebrew/opt/node/bin/node': '/opt/homebrew/Cellar/node/26.1.0/bin/node' },
      expected: { path: '/opt/homebrew/Cellar/node/25.0.0/bin/node', kind: 'versioned' },
    },
    'Homebrew: a global package of npm': {
      path: '/opt/homebrew/bin/awsmfa',
      links: { '/opt/homebrew/bin/awsmfa': '/opt/homebrew/lib/node_modules/awsmfa/dist/main.js' },
      expected: { path: '/opt/homebrew/lib/node_modules/awsmfa/dist/main.js', kind: 'stable' },
    },
    'nvm: its version': {
      path: '/home/alice/.nvm/versions/node/v22.1.0/bin/node',
      expected: { path: '/home/alice/.nvm/versions/node/v22.1.0/bin/node', kind: 'versioned' },
    },
    'fnm: not the link of one shell': {
      path: '/run/user/1000/fnm_multishells/4711_1700000000/bin/node',
      links: {
        '/run/user/1000/fnm_multishells/4711_1700000000/bin/node':
          '/home/alice/.local/share/fnm/node-versions/v24.0.1/installation/bin/node',
      },
      expected: {
        path: '/home/alice/.local/share/fnm/node-versions/v24.0.1/installation/bin/node',
        kind: 'versioned',
      },
    },
    'volta: its image, not the shim': {
      path: '/home/alice/.volta/tools/image/node/20.20.2/bin/node',
      expected: { path: '/home/alice/.volta/tools/image/node/20.20.2/bin/node', kind: 'versioned' },
    },
    'mise: its version': {
      path: '/home/alice/.local/share/mise/installs/node/24.0.1/bin/node',
      expected: { path: '/home/alice/.local/share/mise/installs/node/24.0.1/bin/node', kind: 'versioned' },
    },
    'Nix: the profile, as the store is swept': {
      path: '/nix/store/0c5b1xa0wzj4l7gkq3p2r9sivdhfn8ym-nodejs-24.0.1/bin/node',
      links: {
        '/home/alice/.nix-profile/bin/node': '/nix/store/0c5b1xa0wzj4l7gkq3p2r9sivdhfn8ym-nodejs-24.0.1/bin/node',
      },
      expected: { path: '/home/alice/.nix-profile/bin/node', kind: 'stable' },
    },
    'Nix: in no profile': {
      path: '/nix/store/0c5b1xa0wzj4l7gkq3p2r9sivdhfn8ym-nodejs-24/bin/node',
      expected: { path: '/nix/store/0c5b1xa0wzj4l7gkq3p2r9sivdhfn8ym-nodejs-24/bin/node', kind: 'versioned' },
    },
    'snap: the current revision': {
      path: '/snap/node/9123/bin/node',
      links: { '/snap/node/current/bin/node': '/snap/node/9123/bin/node' },
      expected: { path: '/snap/node/current/bin/node', kind: 'stable' },
    },
    // From here to the blank line as real installs of the packed awsmfa were, on 2026-11-25: where the real file is, and
    // how the program was called.
    'npm 11 with a prefix: as it is': {
      path: '/home/alice/.npm-global/bin/awsmfa',
      links: {
        '/home/alice/.npm-global/bin/awsmfa': '/home/alice/.npm-global/lib/node_modules/awsmfa/dist/main.js',
      },
      expected: { path: '/home/alice/.npm-global/lib/node_modules/awsmfa/dist/main.js', kind: 'stable' },
    },
    'pnpm 9 and 10: its own link, not the store': {
      path: `${pnpm}/global/5/node_modules/awsmfa/dist/main.js`,
      links: {
        [`${pnpm}/global/5/node_modules/awsmfa/dist/main.js`]: `${pnpm}/global/5/.pnpm/awsmfa@file+..+awsmfa-0.1.0.tgz/node_modules/awsmfa/dist/main.js`,
      },
      expected: { path: `${pnpm}/global/5/node_modules/awsmfa/dist/main.js`, kind: 'stable' },
    },
    'pnpm 11: the link by which its bin calls the program': {
      path: `${pnpm}/global/v11/142af3a9db1e659cbc400f86cb1045fb/node_modules/awsmfa/dist/main.js`,
      links: {
        [`${pnpm}/global/v11/142af3a9db1e659cbc400f86cb1045fb/node_modules/awsmfa/dist/main.js`]: `${pnpm}/store/v11/links/@/awsmfa/0.1.0/5edc88e483e8e22057f762a53e3fb359/node_modules/awsmfa/dist/main.js`,
      },
      expected: {
        path: `${pnpm}/global/v11/142af3a9db1e659cbc400f86cb1045fb/node_modules/awsmfa/dist/main.js`,
        kind: 'stable',
      },
    },
    'Yarn 1: as it is': {
      path: '/usr/bin/awsmfa',
      links: { '/usr/bin/awsmfa': '/usr/local/share/.config/yarn/global/node_modules/awsmfa/dist/main.js' },
      expected: { path: '/usr/local/share/.config/yarn/global/node_modules/awsmfa/dist/main.js', kind: 'stable' },
    },
    "Yarn 4: an archive of Plug'n'Play, of no use to another Node": {
      path: '/home/alice/.yarn/berry/cache/awsmfa-file-3bef067ec8-10c0.zip/node_modules/awsmfa/dist/main.js',
      expected: {
        path: '/home/alice/.yarn/berry/cache/awsmfa-file-3bef067ec8-10c0.zip/node_modules/awsmfa/dist/main.js',
        kind: 'cache',
      },
    },
    'Yarn 4 dlx: a cache': {
      path: '/tmp/xfs-b731e75d/dlx-15024/node_modules/awsmfa/dist/main.js',
      expected: { path: '/tmp/xfs-b731e75d/dlx-15024/node_modules/awsmfa/dist/main.js', kind: 'cache' },
    },
    'pnpm 10 dlx: a cache': {
      path: '/home/alice/.cache/pnpm/dlx/df001b24/1a213097f82-36c9/node_modules/.pnpm/awsmfa@0.1.0/node_modules/awsmfa/dist/main.js',
      expected: {
        path: '/home/alice/.cache/pnpm/dlx/df001b24/1a213097f82-36c9/node_modules/.pnpm/awsmfa@0.1.0/node_modules/awsmfa/dist/main.js',
        kind: 'cache',
      },
    },
    'Bun 1.4: as it is': {
      path: '/home/alice/.bun/bin/awsmfa',
      links: { '/home/alice/.bun/bin/awsmfa': '/home/alice/.bun/install/global/node_modules/awsmfa/dist/main.js' },
      expected: { path: '/home/alice/.bun/install/global/node_modules/awsmfa/dist/main.js', kind: 'stable' },
    },
    'mise 2026.9, npm:awsmfa: the link to the latest': {
      path: `${mise}/npm-awsmfa/0.1.0/bin/awsmfa`,
      links: {
        [`${mise}/npm-awsmfa/0.1.0/bin/awsmfa`]: `${mise}/npm-awsmfa/0.1.0/lib/node_modules/awsmfa/dist/main.js`,
        [`${mise}/npm-awsmfa/latest/lib/node_modules/awsmfa/dist/main.js`]: `${mise}/npm-awsmfa/0.1.0/lib/node_modules/awsmfa/dist/main.js`,
      },
      expected: { path: `${mise}/npm-awsmfa/latest/lib/node_modules/awsmfa/dist/main.js`, kind: 'stable' },
    },

    'volta: the image of the package, which an upgrade replaces in its place': {
      path: '/home/alice/.volta/tools/image/packages/awsmfa/bin/awsmfa',
      links: {
        '/home/alice/.volta/tools/image/packages/awsmfa/bin/awsmfa':
          '/home/alice/.volta/tools/image/packages/awsmfa/lib/node_modules/awsmfa/dist/main.js',
      },
      expected: {
        path: '/home/alice/.volta/tools/image/packages/awsmfa/lib/node_modules/awsmfa/dist/main.js',
        kind: 'stable',
      },
    },
    'asdf: its version': {
      path: '/home/alice/.asdf/installs/nodejs/24.0.1/bin/node',
      expected: { path: '/home/alice/.asdf/installs/nodejs/24.0.1/bin/node', kind: 'versioned' },
    },
    'any other manager: a name on the PATH without a version, which leads to the very file': {
      path: '/opt/tools/node/24.0.1/bin/node',
      names: ['/usr/bin/node', '/opt/tools/24.0.1/bin/node', '/run/user/1000/x/node', '/opt/tools/bin/node'],
      links: {
        '/usr/bin/node': '/usr/bin/node',
        '/opt/tools/24.0.1/bin/node': '/opt/tools/node/24.0.1/bin/node',
        '/run/user/1000/x/node': '/opt/tools/node/24.0.1/bin/node',
        '/opt/tools/bin/node': '/opt/tools/node/24.0.1/bin/node',
      },
      expected: { path: '/opt/tools/bin/node', kind: 'stable' },
    },
    'scoop: the current version': {
      path: 'C:\\Users\\alice\\scoop\\apps\\nodejs\\24.0.1\\node.exe',
      links: {
        'C:\\Users\\alice\\scoop\\apps\\nodejs\\current\\node.exe':
          'C:\\Users\\alice\\scoop\\apps\\nodejs\\24.0.1\\node.exe',
      },
      expected: { path: 'C:\\Users\\alice\\scoop\\apps\\nodejs\\current\\node.exe', kind: 'stable' },
    },
    'npx: a cache': {
      path: '/home/alice/.npm/_npx/1a2b3c/node_modules/awsmfa/dist/main.js',
      expected: { path: '/home/alice/.npm/_npx/1a2b3c/node_modules/awsmfa/dist/main.js', kind: 'cache' },
    },
    'a home with a dollar sign': {
      path: '/home/a$1/Cellar/node/26.1.0/bin/node',
      links: { '/home/a$1/opt/node/bin/node': '/home/a$1/Cellar/node/26.1.0/bin/node' },
      expected: { path: '/home/a$1/opt/node/bin/node', kind: 'stable' },
    },
  }
  for (const [name, { path, names = [], links = {}, expected }] of Object.entries(layouts)) {
    test(name, () => {
      const realPath = (each: string) => links[each] ?? (each === path ? path : undefined)
      assert.deepEqual(
        stablePath(path, { home: '/home/alice', user: 'alice', names: [path, ...names], realPath }),
        expected,
      )
    })
  }
})

describe('the environment that a job takes along', () => {
  const facts: HomeFacts = {
    home: '/home/alice',
    uid: 1000,
    absolute: (path) => path.replace(/^(?!\/)/, '/work place/'),
  }
  const usual = {
    ...{ HOME: '/home/alice', PATH: '/usr/bin', USER: 'alice', SHELL: '/bin/zsh', TERM: 'xterm' },
    ...{ XDG_RUNTIME_DIR: '/run/user/1000', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1000/bus,guid=0a1b' },
  }

  test('is empty in an ordinary session', () => {
    for (const name of ['systemd', 'launchd', 'schtasks', 'cron'] as const) {
      assert.deepEqual(carriedEnv(usual, name, facts), { env: {}, warnings: [] })
    }
  })

  test('holds what changes the result of a refresh, with absolute paths', () => {
    const env = {
      AWS_CONFIG_FILE: 'aws/config',
      AWS_SHARED_CREDENTIALS_FILE: '~/aws/credentials',
      AWS_CA_BUNDLE: '$XDG_DATA_HOME/ca.pem',
      NODE_EXTRA_CA_CERTS: '/etc/ca.pem',
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL_STS: 'https://sts.example:8443',
      https_proxy: 'http://proxy:3128',
      HTTPS_PROXY: 'proxy:3128',
      NO_PROXY: 'a,b',
      XDG_STATE_HOME: '/state',
      XDG_DATA_HOME: '/data',
      GNUPGHOME: '/gnupg',
      HOME: '/home/alice/other',
    }
    const expected = { ...env, AWS_CONFIG_FILE: '/work place/aws/config', AWS_CA_BUNDLE: '/data/ca.pem' }
    assert.deepEqual(carriedEnv({ ...usual, ...env }, 'systemd', facts), { env: expected, warnings: [] })
  })

  test('holds no secret and nothing that shadows the profile', () => {
    const env = {
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      AWS_SESSION_TOKEN: 'token',
      AWS_PROFILE: 'mfa',
      NODE_OPTIONS: '--require ./debugger.js',
    }
    for (const name of ['systemd', 'launchd', 'schtasks', 'cron'] as const) {
      assert.deepEqual(carriedEnv({ ...usual, ...env }, name, facts).env, {})
    }
  })

  for (const value of ['http://alice:pw@proxy:3128', 'alice:pw@proxy:3128', 'https://:pw@proxy', 'HTTP://a:b%40c@p']) {
    test(`leaves out a proxy with a password, and says so without showing it: ${value}`, () => {
      const { env, warnings } = carriedEnv({ ...usual, HTTPS_PROXY: value }, 'systemd', facts)
      assert.deepEqual(env, {})
      assert.deepEqual(warnings, ['HTTPS_PROXY holds a password and is left out: the job runs without it'])
    })
  }

  test('holds the bus for cron alone, where awsmfa would not find it, and warns that it may move', () => {
    const env = { ...usual, XDG_RUNTIME_DIR: '/tmp/run', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/tmp/dbus-1,guid=0a' }
    const { env: carried, warnings } = carriedEnv(env, 'cron', facts)
    const expected = { XDG_RUNTIME_DIR: '/tmp/run', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/tmp/dbus-1,guid=0a' }
    assert.deepEqual(carried, expected)
    assert.equal(warnings.length, 1)
    assert.deepEqual(carriedEnv(env, 'systemd', facts), { env: {}, warnings: [] })
  })

  test('says which variable a task of Windows cannot have', () => {
    const { env, warnings } = carriedEnv({ NODE_EXTRA_CA_CERTS: '/ca.pem' }, 'schtasks', { ...facts, uid: -1 })
    assert.deepEqual(env, {})
    assert.match(warnings.join(), /NODE_EXTRA_CA_CERTS.*setx/)
  })

  test('holds the PATH where a program of the person prints codes, without what only this shell or Windows has', () => {
    const PATH = '/opt/homebrew/bin:/usr/bin:bin::/mnt/c/Windows:/opt/homebrew/bin:/a\\b'
    for (const name of ['systemd', 'launchd', 'cron'] as const) {
      assert.deepEqual(carriedEnv({ ...usual, PATH }, name, facts, true).env, { PATH: '/opt/homebrew/bin:/usr/bin' })
    }
    assert.deepEqual(carriedEnv({ ...usual, PATH }, 'schtasks', { ...facts, uid: -1 }, true).env, {})
    const long = `/${'x'.repeat(600)}`
    const { env, warnings } = carriedEnv({ ...usual, PATH: long }, 'cron', facts, true)
    assert.deepEqual(env, {})
    assert.match(warnings.join(), /PATH is too long for cron/)
    assert.deepEqual(carriedEnv({ ...usual, PATH: long }, 'systemd', facts, true).env, { PATH: long })
    const full = { ...usual, PATH, AWS_CONFIG_FILE: `/${'y'.repeat(590)}` }
    assert.deepEqual(Object.keys(carriedEnv(full, 'cron', facts, true).env), ['AWS_CONFIG_FILE'])
  })

  test('stands beside what the scheduler gives by itself, and nothing else of the shell does', () => {
    const env = { ...usual, XDG_DATA_HOME: '/data', PATH: '/home/alice/bin:/usr/bin', PYTHONPATH: '/x' }
    const cron = { HOME: '/home/alice', LOGNAME: 'alice', SHELL: '/bin/sh', PATH: '/usr/bin:/bin' }
    const carried = { XDG_DATA_HOME: '/data', AWSMFA_RUN_BY: 'cron' }
    assert.deepEqual(jobEnv(env, 'cron', facts), { ...cron, ...carried })
    assert.equal(jobEnv(env, 'cron', facts, true).PATH, env.PATH)
    assert.equal(jobEnv({ ...env, HOME: '/other' }, 'cron', facts).HOME, '/other')
    const systemd = jobEnv(env, 'systemd', facts)
    assert.equal(systemd.DBUS_SESSION_BUS_ADDRESS, 'unix:path=/run/user/1000/bus')
    for (const name of ['cron', 'systemd', 'launchd'] as const) {
      assert.equal(jobEnv(env, name, facts).PYTHONPATH, undefined)
      assert.doesNotMatch(jobEnv(env, name, facts).PATH ?? '', /alice/)
    }
    assert.equal(jobEnv(env, 'schtasks', facts).PYTHONPATH, '/x')
  })

  test('is refused with a line end in it', async () => {
    await failsWith('usage', /AWS_REGION/, () => carriedEnv({ AWS_REGION: 'eu\nMAILTO=x' }, 'cron', facts))
  })
})

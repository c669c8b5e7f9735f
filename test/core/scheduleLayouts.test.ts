import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { carriedEnv, type HomeFacts } from '../../src/core/schedule/carriedEnv.js'
import { type StablePath, stablePath } from '../../src/core/schedule/stablePath.js'
import { failsWith } from '../support/failsWith.js'

describe('the path of a program that stays', () => {
  /** What was started, where links lead on that machine, and what is to be written down. */
  const layouts: Record<string, { path: string; links?: Record<string, string>; expected: StablePath }> = {
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
    'pnpm: its own link, not the store': {
      path: '/home/alice/pnpm/global/5/node_modules/.pnpm/awsmfa@0.1.0/node_modules/awsmfa/dist/main.js',
      links: {
        '/home/alice/pnpm/global/5/node_modules/awsmfa/dist/main.js':
          '/home/alice/pnpm/global/5/node_modules/.pnpm/awsmfa@0.1.0/node_modules/awsmfa/dist/main.js',
      },
      expected: { path: '/home/alice/pnpm/global/5/node_modules/awsmfa/dist/main.js', kind: 'stable' },
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
  for (const [name, { path, links = {}, expected }] of Object.entries(layouts)) {
    test(name, () => {
      const realPath = (each: string) => links[each] ?? (each === path ? path : undefined)
      assert.deepEqual(stablePath(path, { home: '/home/alice', user: 'alice', realPath }), expected)
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
      NODE_EXTRA_CA_CERTS: '/etc/ca.pem',
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL_STS: 'https://sts.example:8443',
      https_proxy: 'http://proxy:3128',
      HTTPS_PROXY: 'proxy:3128',
      NO_PROXY: 'a,b',
      XDG_STATE_HOME: '/state',
      HOME: '/home/alice/other',
    }
    const expected = { ...env, AWS_CONFIG_FILE: '/work place/aws/config' }
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

  test('is refused with a line end in it', async () => {
    await failsWith('usage', /AWS_REGION/, () => carriedEnv({ AWS_REGION: 'eu\nMAILTO=x' }, 'cron', facts))
  })
})

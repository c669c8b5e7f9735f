/**
 * The demonstration behind `npm run demo`: the real built program, with a strict STS on loopback in place of AWS and a
 * file in place of the keychain, in a home that is thrown away.
 */
import { execFile } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isColoured } from '../../src/core/paint.js'
import { which } from './parts.js'
import { makeSandbox, type Sandbox } from './sandbox.js'
import { admin, alice } from './strictSts.js'

const coloured = isColoured(process.env, process.stdout.isTTY === true)
const style = (code: number) => (text: string) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text)
const bold = style(1)
const dim = style(2)
const print = (text: string) => void process.stdout.write(`${text}\n`)

/** @throws Error when a command does not end as it should */
export async function demo(): Promise<void> {
  const sandbox = await makeSandbox()
  const interrupt = () => void sandbox.close().then(() => process.exit(130))
  process.once('SIGINT', interrupt)
  try {
    await show(sandbox)
  } finally {
    process.removeListener('SIGINT', interrupt)
    await sandbox.close()
  }
  print(
    '\nShown: enroll, refresh, status, the files, exec, a role and its console; the throw-away home is removed again.',
  )
}

async function show(sandbox: Sandbox): Promise<void> {
  const { home, sts } = sandbox
  print('This is the real awsmfa in a throw-away home. A strict stand-in on 127.0.0.1 plays AWS, a file plays')
  print('the keychain: no account is needed, and nothing of yours is read or changed.')

  heading('Once: enrol the MFA device. One real session proves the seed before anything is kept.')
  const enroll = ['enroll', '--serial-number', alice.serialNumber]
  await awsmfa(sandbox, enroll, { input: alice.seed, note: 'the seed is piped in; you get a hidden prompt' })

  heading('From then on: no input. A good session costs nothing, neither a code nor a call.')
  await awsmfa(sandbox, ['refresh'])
  await awsmfa(sandbox, ['refresh', '--force'], { note: 'a new session before the old one ends' })
  await awsmfa(sandbox, ['status'])

  heading('What it wrote, beside what was there. Secrets are shortened here only.')
  for (const file of ['.aws/credentials', '.aws/config']) {
    command(`cat ~/${file}`)
    print(shortened(home.read(file)?.trimEnd() ?? ''))
  }

  heading('What every other tool sees: an ordinary profile.')
  command('aws sts get-caller-identity --profile mfa')
  await callerIdentity(sandbox)

  heading('For what knows no profiles: one command with the session in its environment.')
  await awsmfa(sandbox, ['exec', '--', 'sh', '-c', 'echo "$AWS_REGION, until $AWS_CREDENTIAL_EXPIRATION"'])

  heading('A role for twelve hours: the device is known already, and no seed is asked for again.')
  const role = ['--role-arn', admin.arn, '--mfa-profile-name', 'admin-session', '--duration-seconds', '43200']
  await awsmfa(sandbox, ['enroll', ...role])
  await awsmfa(sandbox, ['console'], { note: 'a role opens the console, too; --open hands it to the browser' })

  const codes = sts.verifications.map(({ params }) => params.TokenCode)
  if (codes.length !== 3 || new Set(codes).size !== 3) throw new Error(`AWS saw ${codes.length} codes instead of three`)
  print(dim(`\nThe stand-in for AWS verified ${codes.length} codes, each of them once.`))
}

async function awsmfa(sandbox: Sandbox, args: string[], more: { input?: string; note?: string } = {}): Promise<void> {
  const { input, note } = more
  const words = args.map((each) => (/[^\w:/.-]/.test(each) ? `'${each}'` : each))
  command(`awsmfa ${words.join(' ')}`, note)
  const handsOut = args[0] === 'exec'
  const env = coloured ? { FORCE_COLOR: '1' } : {}
  const { code, stdout, stderr } = await sandbox.run(args, { ...(input === undefined ? { handsOut } : { input }), env })
  const said = (stdout + stderr).trimEnd().replaceAll(sandbox.home.path, '~')
  print(said.replace(/(SigninToken=.{6})\S+/, '$1…'))
  if (code !== 0) throw new Error(`awsmfa ${args[0]} ended with ${code}`)
}

async function callerIdentity({ env, home }: Sandbox): Promise<void> {
  const aws = which('aws')
  if (aws === undefined) return print(dim('(the AWS CLI is not installed here, so this step is skipped)'))
  const args = ['sts', 'get-caller-identity', '--profile', 'mfa']
  const options = { env: { ...env, PATH: process.env.PATH ?? '', AWS_PAGER: '' }, cwd: home.path }
  const { stdout } = await promisify(execFile)(aws, args, options)
  print(stdout.trimEnd())
  if (!stdout.includes(alice.arn)) throw new Error('aws did not find the user')
}

function heading(text: string): void {
  print(`\n${dim(`# ${text}`)}`)
}

function command(text: string, note?: string): void {
  print(`${bold(`$ ${text}`)}${note === undefined ? '' : dim(`   # ${note}`)}`)
}

function shortened(text: string): string {
  return text.replace(/^(aws_secret_access_key|aws_session_token)( = \S{4})\S+/gm, '$1$2…')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await demo()
  } catch (error) {
    process.stderr.write(`\nthe demo failed: ${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  }
}

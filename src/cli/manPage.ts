/** The manual page awsmfa(1). It is made when the program is built, from what help is made of; no command loads this file. */
import { everyCommand, type Loaded } from './everyCommand.js'
import { examples, exitCodesInWords, flagAbout, flagTerm, nameAndOperand, wrap } from './help.js'
import { manual } from './manual.js'
import { either, type Flag, type Spec, voiceFlags } from './spec.js'
import { commands } from './table.js'

type Items = readonly (readonly [term: string, about: string])[]

const files: Items = [
  ['~/.aws/config', 'the profiles. A section with awsmfa_source_profile is an enrolment; there is no other registry.'],
  ['~/.aws/credentials', 'the long-term keys that are there, and the sessions that awsmfa writes.'],
  ['~/.local/share/awsmfa/seeds', 'with --seed-store file only: encrypted seeds.'],
  [
    '~/.local/state/awsmfa',
    'no secrets: which codes were spent, how the last runs ended. On macOS ~/Library/Application Support/awsmfa, on Windows %LOCALAPPDATA%\\awsmfa\\Data.',
  ],
  ['the keychain', 'service awsmfa, account: the serial number, password: the seed.'],
]

const environment: Items = [
  ['AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE', 'where the two files of the AWS CLI are.'],
  ['AWS_REGION, AWS_DEFAULT_REGION', 'the region to ask; --region comes first.'],
  ['AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_STS, AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT', 'whom to ask.'],
  ['HTTPS_PROXY, NO_PROXY, AWS_CA_BUNDLE', 'the way there, as for the AWS CLI.'],
  ['XDG_STATE_HOME, XDG_DATA_HOME', 'where the state folder and encrypted seeds are.'],
  ['NO_COLOR, FORCE_COLOR, TERM', 'no colours, colours without a terminal too, and none with TERM=dumb.'],
]

/**
 * The page as man(7) has it, for groff and mandoc.
 *
 * @param version - of the program
 */
export async function manPage(version: string): Promise<string> {
  const top = { ...manual, commands }
  const all = await everyCommand()
  return `${[
    `.TH AWSMFA 1 "" "awsmfa ${version}" "User Commands"`,
    // Names of flags that are broken at a line's end cannot be searched for.
    '.nh',
    section('NAME', `awsmfa ${roff('-')} ${roff('renews the MFA sessions of the AWS CLI with no input')}`),
    section('SYNOPSIS', ...synopsis('awsmfa COMMAND [FLAG...] [OPERAND]', 'awsmfa [FLAG...] CODE')),
    section(
      'DESCRIPTION',
      ...paragraphs(
        'awsmfa keeps the TOTP seed of a virtual MFA device in the keychain and renews a profile of the AWS CLI, such as mfa, by itself, from a timer or a login hook.\n\n' +
          'A seed beside the access key is weaker than a phone: whoever can run programs as you has both. SECURITY.md in the package has the whole truth.',
      ),
    ),
    section(
      'COMMANDS',
      ...list(Object.entries(commands).map(([name, row]) => [nameAndOperand(name, row), row.summary])),
    ),
    ...all.flatMap(describe),
    ...describe({ path: 'awsmfa', spec: manual }),
    '.SS "Flags of every command"',
    ...list(flagItems(voiceFlags)),
    section('FILES', ...list(files)),
    section('ENVIRONMENT', ...list(environment)),
    section('EXIT STATUS', ...list(exitCodesInWords)),
    section('EXAMPLES', ...shown(top.examples)),
    section(
      'SEE ALSO',
      roff('aws(1), age(1), crontab(1), systemd.timer(5)'),
      ...paragraphs('README.md, SECURITY.md and CHANGELOG.md in the npm package awsmfa'),
    ),
  ]
    .join('\n')
    // A paragraph begins there anyhow.
    .replace(/^(\.S[HS] .*)\n\.PP$/gm, '$1')}\n`
}

function describe({ path, spec }: Loaded): string[] {
  const { operand } = spec
  const usage = [path, spec.commands && 'COMMAND', '[FLAG...]', operand?.name].filter(Boolean).join(' ')
  const choices: Items = operand?.choices === undefined ? [] : [[operand.name, either(operand.choices)]]
  return [
    `.SS "${roff(path)}${path === 'awsmfa' ? ' CODE' : ''}"`,
    ...synopsis(usage),
    ...paragraphs(spec.about),
    ...list([...choices, ...flagItems(spec.flags ?? {})]),
    ...(path === 'awsmfa' ? [] : shown(spec.examples)),
  ]
}

const flagItems = (flags: NonNullable<Spec['flags']>): Items =>
  Object.entries(flags).map(([key, flag]: [string, Flag<unknown>]) => [flagTerm(key, flag), flagAbout(flag)])

const section = (title: string, ...body: readonly string[]) => [`.SH ${roff(title)}`, ...body].join('\n')
const synopsis = (...usages: readonly string[]) => usages.flatMap((line) => ['.PP', `\\fB${roff(line)}\\fR`])
const filled = (text: string) => wrap(text, 72).map(roff)
const paragraphs = (text: string) => text.split('\n\n').flatMap((paragraph) => ['.PP', ...filled(paragraph)])
const list = (items: Items) => items.flatMap(([term, about]) => ['.TP', `\\fB${roff(term)}\\fR`, ...filled(about)])
const shown = (lines: readonly string[]) => ['.PP', '.nf', ...examples(lines, 72).split('\n').map(roff), '.fi']

/** Text as it is: `-`, `'`, `~`, `^` and `` ` `` would become typographic, and a leading dot or quote a request (groff_char(7)). */
function roff(text: string): string {
  const named: Readonly<Record<string, string>> = {
    '\\': '\\e',
    '-': '\\-',
    "'": '\\(aq',
    '`': '\\(ga',
    '^': '\\(ha',
    '~': '\\(ti',
  }
  return text
    .replace(/[\\\-'`^~]/g, (character) => named[character] ?? character)
    .replace(/^\./, '\\&.')
    .replace(/"/g, '\\(dq')
}

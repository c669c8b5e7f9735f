import { Failure, type FailureKind } from '../errors.js'

/**
 * Splits a command into its arguments as a shell would, for a run without one: blanks separate, single and double quotes
 * keep together. A backslash takes the meaning from a blank, a quote or a backslash; before anything else it stands for
 * itself, so that `C:\Tools\ykman.exe` needs no care.
 *
 * What only a shell could do is refused, not passed on as text: a pipe that became an argument would fail in a way that
 * nobody understands.
 *
 * @param origin - where the command stands, for the message, which never repeats it: it may hold a password
 * @param kind - `usage` for a flag, `act` for a file
 * @throws Failure of that kind
 */
export function parseArgumentList(
  command: string,
  origin: string,
  kind: FailureKind = 'act',
): readonly [program: string, ...args: string[]] {
  const args: string[] = []
  let argument: string | undefined
  let rest = command.trim()
  if (/^[A-Za-z_]\w*\+?=/.test(rest)) refuse('=', origin, kind)
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const found = pattern.exec(rest) ?? undefined
    rest = rest.slice(found?.[0].length ?? 0)
    return found
  }
  while (rest !== '') {
    if (take(/^[^\S\n]+/) !== undefined) {
      if (argument !== undefined) args.push(argument)
      argument = undefined
      continue
    }
    const quoted = take(/^'([^']*)'/) ?? take(/^"((?:\\["\\]|[^"\\$`]|\\(?!["\\]))*)"/)
    const escaped = quoted ?? take(/^\\([\s'"\\])/)
    // `{}` and `?` alone stay text for a shell too, the latter unless a file fits: links with it are common here.
    const start = argument === undefined ? /^(?![~#])/ : /^/
    const plain =
      escaped ?? (start.test(rest) ? take(/^(?!\{[^\s{}]*(?:,|\.\.)[^\s{}]*\})[^\s'"|&;<>()$`*]/) : undefined)
    const [whole = '', inner = whole] = plain ?? refuse(rest, origin, kind)
    argument = (argument ?? '') + (whole.startsWith('"') ? inner.replace(/\\(["\\])/g, '$1') : inner)
  }
  const [program, ...others] = argument === undefined ? args : [...args, argument]
  if (program) return [program, ...others]
  throw new Failure(kind, `${origin} is empty`, 'write a command there, such as: pass otp aws')
}

const meanings: Readonly<Record<string, string>> = {
  '=': '= in front (a variable for the program: put env before it)',
  '*': '* (a pattern for names of files)',
  '{': '{…} (alternatives)',
  '#': '# (a comment)',
  '~': '~ (the home folder)',
  '\n': 'line end (a second command)',
}

function refuse(rest: string, origin: string, kind: FailureKind): never {
  // Within double quotes a shell would still look for `$` and backticks.
  const culprit = rest.startsWith('"') ? /[$`]/.exec(rest)?.[0] : rest.charAt(0)
  if (culprit === undefined || culprit === "'") {
    throw new Failure(kind, `${origin} has a quote that is not closed`, 'close it, or put a backslash before it')
  }
  throw new Failure(kind, `${origin} needs a shell, because of its ${meanings[culprit] ?? culprit}`, [
    "awsmfa runs it without one: write absolute paths, put single quotes round the rest, or wrap it as sh -c '…'",
  ])
}

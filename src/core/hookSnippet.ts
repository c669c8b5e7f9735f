import { refreshArguments } from './schedule/job.js'
import { claimName, stampName } from './stamp.js'

export const hookShells = ['bash', 'zsh', 'fish', 'pwsh'] as const
export type HookShell = (typeof hookShells)[number]

/** Absolute paths that a snippet holds. */
export interface HookPaths {
  readonly node: string
  /** awsmfa's main.js */
  readonly program: string
  /** where the stamp is */
  readonly stateFolder: string
}

/** How long a run that was killed, or a machine that went down, can keep other hooks from starting one. */
const claimMinutes = 4

/**
 * What every POSIX system runs in the background when a refresh is due, in a process group of its own, so that neither
 * Ctrl-C at the prompt nor the terminal's end reaches it. Arguments: state folder, first line of the stamp as the shell
 * saw it, node, program. No single quote and no backslash: it stands between single quotes in three shells.
 *
 * The claim is made exclusively (`set -C` is O_EXCL), so of ten shells one goes on. Only then is the stamp worth a second
 * look: another hook's refresh may have ended in between. The refresh removes the claim, when it has written its stamp.
 */
const background = `ulimit -c 0
find "$1/${claimName}" -mmin +${claimMinutes} -exec rm -f {} +
set -C
: >"$1/${claimName}" || exit
due=
read -r due <"$1/${stampName}"
[ "$due" = "$2" ] || exec rm -f "$1/${claimName}"
export AWSMFA_RUN_BY=hook
exec "$3" "$4" ${refreshArguments.join(' ')}`

const quoted = {
  bash: (text: string) => `'${text.replace(/'/g, "'\\''")}'`,
  zsh: (text: string) => `'${text.replace(/'/g, "'\\''")}'`,
  fish: (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`,
  // PowerShell takes four typographic quotes for the plain one (about_Quoting_Rules).
  pwsh: (text: string) => `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`,
} satisfies Record<HookShell, (text: string) => string>

/** The time is $EPOCHSECONDS since bash 5; before (macOS has 3.2), the stamp's own time against that of a file written now. */
const bash = ({ node, program, stateFolder }: HookPaths) => `__awsmfa_status=$?
__awsmfa_hook() {
  local status=$1 node=${node} program=${program} state=${stateFolder} due='' attention=''
  unset -f __awsmfa_hook
  unset -v __awsmfa_status
  [[ $- == *i* && -x $node && -r $program && -O $state ]] || return "$status"
  [[ ! -r $state/${stampName} ]] || { IFS= read -r due; IFS= read -r attention; } <"$state/${stampName}"
  [[ -z $attention ]] || printf '%s\\n' "$attention" >&2
  if [[ -n \${EPOCHSECONDS-} ]]; then
    [[ -n $due && $due != *[!0-9]* && $EPOCHSECONDS -lt $due ]] && return "$status"
  else
    { echo >|"$state/hook.now"; } 2>/dev/null
    [[ $state/${stampName} -nt $state/hook.now ]] && return "$status"
  fi
  (set -m; /bin/sh -c '${background}' awsmfa "$state" "$due" "$node" "$program" </dev/null >/dev/null 2>&1 &)
  return "$status"
}
__awsmfa_hook "$__awsmfa_status" && :`

/** The time is a prompt expansion: unlike $EPOCHSECONDS it needs no module. */
const zsh = ({ node, program, stateFolder }: HookPaths) => `() {
  emulate -L zsh
  local now='%D{%s}' node=${node} program=${program} state=${stateFolder} due='' attention=''
  [[ -o interactive && -x $node && -r $program && -O $state ]] || return $1
  [[ ! -r $state/${stampName} ]] || { IFS= read -r due; IFS= read -r attention } <$state/${stampName}
  [[ -z $attention ]] || print -r -- $attention >&2
  [[ $due == <-> ]] && (( \${(%)now} < due )) && return $1
  (/bin/sh -c '${background}' awsmfa $state "$due" $node $program </dev/null >/dev/null 2>&1 &)
  return $1
} $? && :`

/**
 * The time is `path mtime` of fish 3.6; older ones have none, and ask `date`, the one process that a fresh session
 * costs there. A job of a start-up file gets a process group of its own only under full job control.
 */
const fish = ({ node, program, stateFolder }: HookPaths) => `begin
  set -l __awsmfa_status $status
  function __awsmfa_hook
    functions --erase __awsmfa_hook
    set -l node ${node}
    set -l program ${program}
    set -l state ${stateFolder}
    status is-interactive; and test -x $node -a -r $program -a -O $state; or return $argv[1]
    set -l due
    set -l attention
    set -l late
    if test -r $state/${stampName}
      begin
        read due
        read attention
      end <$state/${stampName}
      test -z "$attention"; or printf '%s\\n' $attention >&2
      builtin --query path; and set late (path mtime --relative $state/${stampName} 2>/dev/null)
      string match --quiet --regex '^\\d+$' -- "$due"; and test -z "$late"; and set late (math (command date +%s) - $due)
      test -n "$late"; and test $late -lt 0; and return $argv[1]
    end
    set -l mode interactive
    status is-full-job-control; and set mode full
    status is-no-job-control; and set mode none
    status job-control full
    /bin/sh -c '(${background}) &' awsmfa $state "$due" $node $program </dev/null >/dev/null 2>&1
    status job-control $mode
    return $argv[1]
  end
  __awsmfa_hook $__awsmfa_status
end`

/** Not a process is needed to find the time, nor to make the claim: .NET does both. */
const pwsh = ({ node, program, stateFolder }: HookPaths) => `& {
  $node = ${node}
  $program = ${program}
  $state = ${stateFolder}
  if (-not [Environment]::UserInteractive -or [Console]::IsInputRedirected -or [Console]::IsErrorRedirected) { return }
  if (-not ([IO.File]::Exists($node) -and [IO.File]::Exists($program) -and [IO.Directory]::Exists($state))) { return }
  try {
    $stamp = [IO.Path]::Combine($state, '${stampName}')
    $claim = [IO.Path]::Combine($state, '${claimName}')
    $read = { if ([IO.File]::Exists($stamp)) { [IO.File]::ReadAllText($stamp) } else { '' } }
    $text = & $read
    $lines = $text.Split("\`n")
    if ($lines.Count -gt 1 -and $lines[1]) { [Console]::Error.WriteLine($lines[1]) }
    $due = [long]0
    if (-not [long]::TryParse($lines[0], [ref]$due)) { $due = [long]0 }
    if ([DateTimeOffset]::UtcNow.ToUnixTimeSeconds() -lt $due) { return }
    if ([IO.File]::GetLastWriteTimeUtc($claim) -lt [DateTime]::UtcNow.AddMinutes(-${claimMinutes})) { [IO.File]::Delete($claim) }
    [IO.File]::Open($claim, 'CreateNew').Dispose()
    if ($text -cne (& $read)) { [IO.File]::Delete($claim); return }
    $start = [Diagnostics.ProcessStartInfo]::new($node)
    foreach ($argument in @($program, ${refreshArguments.map((argument) => `'${argument}'`).join(', ')})) { $start.ArgumentList.Add($argument) }
    $start.Environment['AWSMFA_RUN_BY'] = 'hook'
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
    [Diagnostics.Process]::Start($start).StandardInput.Dispose()
  } catch {
    # Another shell holds the claim, or the folder cannot be written: then this shell has nothing to do.
  }
}`

const snippets = { bash, zsh, fish, pwsh } satisfies Record<HookShell, (paths: HookPaths) => string>

/**
 * The text for a shell's start-up file. In an interactive shell it shows the stamp's line for the person, if there is one,
 * and starts a refresh in the background if one is due. While the session is fresh it starts no process. It leaves no
 * names behind and keeps `$?`, and once awsmfa is uninstalled it does nothing.
 *
 * It stands in the file as it is. `eval "$(awsmfa hook bash)"` would start a process for every shell.
 */
export function hookSnippet(shell: HookShell, paths: HookPaths): string {
  const quote = quoted[shell]
  const { node, program, stateFolder } = paths
  const body = snippets[shell]({ node: quote(node), program: quote(program), stateFolder: quote(stateFolder) })
  return `# >>> awsmfa >>>
# Renews AWS sessions in the background when they are due. Made by: awsmfa hook ${shell}
${body}
# <<< awsmfa <<<`
}

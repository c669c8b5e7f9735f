import { refreshArguments } from './schedule/job.js'
import { claimName, stampName } from './stamp.js'
import { printable, shellQuoted } from './text.js'

export const hookShells = ['bash', 'zsh', 'fish', 'pwsh'] as const
export type HookShell = (typeof hookShells)[number]

/** The first and the last line of a snippet, by which a person finds it again. */
export const hookMarkers = ['# >>> awsmfa >>>', '# <<< awsmfa <<<'] as const

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
 * saw it, node, program. One line without quotes that end its own and, for fish, without a backslash.
 *
 * The claim is made exclusively (`set -C` is O_EXCL), so of ten shells one goes on. Only then is the stamp worth a second
 * look: another hook's refresh may have ended in between. The refresh removes the claim, when it has written its stamp.
 */
const background = [
  'ulimit -c 0',
  `find "$1/${claimName}" -mmin +${claimMinutes} -exec rm -f {} +`,
  'set -C',
  `: >"$1/${claimName}" || exit`,
  'due=',
  `read -r due <"$1/${stampName}"`,
  `[ "$due" = "$2" ] || exec rm -f "$1/${claimName}"`,
  'export AWSMFA_RUN_BY=hook',
  `exec "$3" "$4" ${refreshArguments.join(' ')}`,
].join('; ')

/**
 * The three POSIX shells define two functions in a way that no alias, option or function of the person's can turn into a
 * syntax error, which would lose the rest of the start-up file: the text is handed over in quotes, words that define and
 * call are quoted too, so that no alias fits, builtins are called as such, and variables have odd names, for the usual
 * ones may be read-only. `__awsmfa_hook` gets $?, state folder, node, program, what to say when one of them is gone, and the
 * script above. `__awsmfa_tell` says at the first prompt what there is to say: what is printed before, themes of zsh that
 * show their prompt at once (powerlevel10k) take for an error. `__awsmfa_pid` lets only the first of two snippets work.
 *
 * The time is $EPOCHSECONDS since bash 5; before (macOS has 3.2), the stamp's own time against that of a file written now.
 * PROMPT_COMMAND may be an array since 5.1, which keeps the person's own apart; before, the line comes at once. The
 * function stays when it has spoken, for VS Code and bash-preexec keep copies of what is in PROMPT_COMMAND.
 */
const bash = (call: string) => `__awsmfa_status=$?
'builtin' 'eval' '
\\builtin shopt -q expand_aliases && __awsmfa_aliases=1; \\builtin shopt -u expand_aliases
__awsmfa_hook() {
  builtin unset -f __awsmfa_hook; builtin unset -v __awsmfa_status
  [[ $- == *i* && $- != *r* && \${__awsmfa_pid-} != "$$" && -O $2 ]] || builtin return "$1"
  builtin local IFS 2>/dev/null && IFS=""; builtin local __awsmfa_due
  __awsmfa_pid=$$ __awsmfa_due="" __awsmfa_line=""
  [[ ! -r $2/${stampName} ]] || {
    builtin read -r __awsmfa_due
    builtin read -r __awsmfa_line
  } 2>/dev/null <"$2/${stampName}"
  [[ -n \${EPOCHSECONDS-} ]] || { : >|"$2/hook.now"; } 2>/dev/null
  if [[ -n \${EPOCHSECONDS-} && ( $__awsmfa_due == *[!0-9]* || $EPOCHSECONDS -ge $((10#0$__awsmfa_due)) ) ||
    -z \${EPOCHSECONDS-} && ! $2/${stampName} -nt $2/hook.now ]]; then
    if [[ -x $3 && -r $4 ]]; then
      (builtin set -m; /bin/sh -c "$6" awsmfa "$2" "$__awsmfa_due" "$3" "$4" </dev/null >/dev/null 2>&1 &)
    elif [[ -n $__awsmfa_due ]]; then
      __awsmfa_line=\${__awsmfa_line:+$__awsmfa_line
}$5
    fi
  fi
  [[ -n $__awsmfa_line ]] || { builtin unset -v __awsmfa_line; builtin return "$1"; }
  __awsmfa_tell() {
    builtin set -- "$?"
    [[ -z \${__awsmfa_line-} || $- == *r* ]] || builtin printf "%s\\n" "$__awsmfa_line" >&2
    for __awsmfa_line in "\${!PROMPT_COMMAND[@]}"; do
      [[ \${PROMPT_COMMAND[__awsmfa_line]} != __awsmfa_tell ]] || builtin unset -v "PROMPT_COMMAND[$__awsmfa_line]"
    done
    builtin unset -v __awsmfa_line
    builtin return "$1"
  }
  { [[ \${BASH_VERSINFO[0]}\${BASH_VERSINFO[1]} -gt 50 ]] && builtin printf -v "PROMPT_COMMAND[99]" __awsmfa_tell
  } 2>/dev/null || __awsmfa_tell
  builtin return "$1"
}
[[ -z \${__awsmfa_aliases-} ]] || builtin shopt -s expand_aliases; builtin unset -v __awsmfa_aliases
'
'__awsmfa_hook' "$__awsmfa_status" ${call} && 'builtin' ':'`

/**
 * Without a line end in quotes, which `csh_junkie_quotes` forbids. The time is a prompt expansion: $EPOCHSECONDS needs a
 * module. Where a theme still holds stderr back at the first prompt, as powerlevel10k does until it has drawn that, the
 * line editor is asked to call again, by a file that is always ready.
 */
const zsh = (call: string) => `__awsmfa_status=$?
'builtin' 'emulate' '-R' 'zsh' '-o' 'no_aliases' '-o' 'no_bg_nice' '-c' \\
${`__awsmfa_tell() {
  precmd_functions=("\${(@)precmd_functions:#__awsmfa_tell}");
  if [[ -n \${1-} ]]; then builtin zle -F $1; exec {__awsmfa_fd}<&-; builtin zle -I;
  elif [[ ! -t 2 ]]; then exec {__awsmfa_fd}</dev/null && builtin zle -F $__awsmfa_fd __awsmfa_tell && builtin return; fi;
  builtin print -rlu2 -- $__awsmfa_lines;
  builtin unset __awsmfa_lines __awsmfa_fd; builtin unfunction __awsmfa_tell;
};
__awsmfa_hook() {
  builtin unfunction __awsmfa_hook; builtin unset __awsmfa_status;
  [[ -o interactive && ! -o restricted && \${__awsmfa_pid-} != $$ && -O $2 ]] ||
    { (( \${+__awsmfa_lines} )) || builtin unfunction __awsmfa_tell; builtin return $1; };
  { {
    builtin typeset -g __awsmfa_pid=$$;
    builtin local __awsmfa_now="%D{%s}";
    builtin local -a __awsmfa_stamp;
    [[ ! -r $2/${stampName} ]] || __awsmfa_stamp=("\${(@f)$(<$2/${stampName})}");
    builtin typeset -ga __awsmfa_lines; __awsmfa_lines=($__awsmfa_stamp[2]);
    if [[ $__awsmfa_stamp[1] != <-> ]] || (( \${(%)__awsmfa_now} >= __awsmfa_stamp[1] )); then
      if [[ -x $3 && -r $4 ]]; then
        (/bin/sh -c $6 awsmfa $2 "$__awsmfa_stamp[1]" $3 $4 </dev/null >/dev/null 2>&1 &);
      elif [[ -n $__awsmfa_stamp[1] ]]; then __awsmfa_lines+=($5); fi;
    fi;
    if (( $#__awsmfa_lines )); then precmd_functions+=(__awsmfa_tell);
    else builtin unset __awsmfa_lines; builtin unfunction __awsmfa_tell; fi;
  } always { TRY_BLOCK_ERROR=0; } } 2>/dev/null;
  builtin return $1;
};`
  .split('\n')
  .map(shellQuoted)
  .join('\\\n')}
'__awsmfa_hook' "$__awsmfa_status" ${call} && 'builtin' ':'`

/**
 * The time is `path mtime` of fish 3.6; older ones have none, and ask `date`, the one process that a fresh session
 * costs there. A job of a start-up file gets a process group of its own only under full job control.
 */
const fish = (call: string) => `begin
  set -l __awsmfa_status $status
  function __awsmfa_hook
    builtin functions --erase __awsmfa_hook
    status is-interactive; and test "$__awsmfa_pid" != $fish_pid; and test -O $argv[2]; or return $argv[1]
    set -g __awsmfa_pid $fish_pid
    set -l stamp $argv[2]/${stampName}
    set -l due
    set -l lines
    set -l late 0
    if test -r $stamp
      read --line due lines <$stamp
      test -n "$lines"; or set -e lines[1]
      if string match --quiet --regex '^\\d+$' -- "$due"
        builtin --query path; and set late (builtin path mtime --relative $stamp 2>/dev/null)
        or set late (builtin math (command date +%s) - $due)
      end
    end
    if test "$late" -lt 0
    else if test -x $argv[3] -a -r $argv[4]
      set -l mode interactive
      status is-full-job-control; and set mode full
      status is-no-job-control; and set mode none
      status job-control full
      /bin/sh -c "($argv[6]) &" awsmfa $argv[2] "$due" $argv[3..4] </dev/null >/dev/null 2>&1
      status job-control $mode
    else if test -n "$due"
      set -a lines $argv[5]
    end
    if set -q lines[1]
      function __awsmfa_tell --on-event fish_prompt --inherit-variable lines
        builtin functions --erase __awsmfa_tell
        builtin printf '%s\\n' $lines >&2
      end
    end
    return $argv[1]
  end
  __awsmfa_hook $__awsmfa_status ${call}
end`

/** Not a process is needed to find the time, nor to make the claim: .NET does both. */
const pwsh = (call: string) => `& {
  param($state, $node, $program, $gone)
  try {
    if (-not [Environment]::UserInteractive -or [Console]::IsInputRedirected -or [Console]::IsErrorRedirected) { return }
    if ([AppDomain]::CurrentDomain.GetData('awsmfa') -or -not [IO.Directory]::Exists($state)) { return }
    [AppDomain]::CurrentDomain.SetData('awsmfa', $PID)
    $stamp = [IO.Path]::Combine($state, '${stampName}')
    $claim = [IO.Path]::Combine($state, '${claimName}')
    $read = { if ([IO.File]::Exists($stamp)) { [IO.File]::ReadAllText($stamp) } else { '' } }
    $text = & $read
    $first, $second, $rest = $text.Split("\`n")
    $due = [long]0
    $numeric = [long]::TryParse($first, [ref]$due)
    $late = -not $numeric -or [DateTimeOffset]::UtcNow.ToUnixTimeSeconds() -ge $due
    $there = [IO.File]::Exists($node) -and [IO.File]::Exists($program)
    $lines = [Collections.Generic.List[string]]::new()
    if ($second) { $lines.Add($second) }
    if ($late -and $numeric -and -not $there) { $lines.Add($gone) }
    if ($lines.Count) {
      $before = $function:prompt
      $tell = {
        if ("$function:prompt" -ceq $ours) { $function:global:prompt = $before }
        foreach ($line in $lines) { [Console]::Error.WriteLine($line) }
        $lines.Clear()
        & $before
      }
      $ours = "$tell"
      $function:global:prompt = $tell.GetNewClosure()
    }
    if (-not ($late -and $there)) { return }
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
    # Another shell holds the claim, the folder cannot be written, or the language mode forbids it: nothing to do.
  }
} ${call}`

const dialects = {
  bash: { quote: shellQuoted, snippet: bash },
  zsh: { quote: shellQuoted, snippet: zsh },
  fish: { quote: (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`, snippet: fish },
  // PowerShell takes four typographic quotes for the plain one (about_Quoting_Rules).
  pwsh: { quote: (text: string) => `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`, snippet: pwsh },
} satisfies Record<HookShell, { quote(text: string): string; snippet(call: string): string }>

/**
 * The text for a shell's start-up file. In an interactive shell it starts a refresh in the background if one is due, and
 * shows the stamp's line for the person, if there is one, at the first prompt. While the session is fresh it starts no
 * process. It keeps `$?`, works once in a shell, and once awsmfa's state is gone it does nothing.
 *
 * It stands in the file as it is. `eval "$(awsmfa hook bash)"` would start a process for every shell.
 */
export function hookSnippet(shell: HookShell, { node, program, stateFolder }: HookPaths): string {
  const { quote, snippet } = dialects[shell]
  const needed = [...new Set([node, program])].map(printable).join(' or ')
  const gone = `awsmfa: ${needed} is gone, so nothing is renewed: put what "awsmfa hook ${shell}" prints in the hook's place, or delete the hook`
  const args = [stateFolder, node, program, gone, ...(shell === 'pwsh' ? [] : [background])]
  return `${hookMarkers[0]}
# Renews AWS sessions in the background when they are due. Made by: awsmfa hook ${shell}
${snippet(args.map(quote).join(' '))}
${hookMarkers[1]}`
}

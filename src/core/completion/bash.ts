import { casePatterns, type Grammar, pathPatterns, valueCases } from './grammar.js'

const list = (words: readonly string[]) => `'${words.join(' ')}'`

/**
 * For bash since 3.2, which macOS has: no `mapfile` there, no `compopt`, and an empty array is unbound under `set -u`.
 *
 * bash parts the line at `=`, `:` and `@` too, and replaces only the last part: what was typed without a blank between is
 * put together again, and what stands before the last part is taken off the candidates. They are put in as they are, so a
 * profile's name goes through `%q`, lest Enter run what it holds; within quotes only names that mean themselves there are
 * offered. A trace (`set -x`) shows headers of the config file only: `case` does not tell what it looks at.
 */
export function bashCompletion(grammar: Grammar): string {
  const verbatim = pathPatterns(grammar.filter((command) => command.verbatim))
  return `# Completion of awsmfa for bash 3.2 and later. Made by: awsmfa completion bash
_awsmfa() {
  local IFS=$' \\t\\n' path='' flag='' helping='' rest=\${COMP_LINE:0:COMP_POINT} piece cur='' word before='' i
  local commands='' flags='' operands='' kind='' choices='' ended=''
  COMPREPLY=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    piece=\${COMP_WORDS[i]-}
    if [[ $i -gt 0 && $rest == [[:blank:]]* ]]; then
      [[ -z $before ]] || _awsmfa_word "$cur"
      before=1 cur=''
    fi
    while [[ $rest == [[:blank:]]* ]]; do rest=\${rest#?}; done
    # Of the last word only what is before the cursor counts.
    [[ $i -lt $COMP_CWORD ]] || piece=$rest
    cur=$cur$piece rest=\${rest#"$piece"}
  done
  case $path in ${verbatim}) [[ -n $flag || -z $ended && $cur == -* ]] || ended=other ;; esac
  if [[ $ended == other ]]; then
    _awsmfa_default
  elif [[ -n $flag ]]; then
    _awsmfa_value "$flag" "$cur"
  elif [[ -n $ended ]]; then
    :
  elif [[ $cur == --*=* ]]; then
    _awsmfa_value "\${cur%%=*}" "\${cur#*=}"
  else
    case $path in
${grammar
  .map(
    ({ path, commands, flags, operands }) =>
      `    '${path}') commands=${list(commands.map(({ word }) => word))} operands=${list(operands)}\n      flags=${list(flags.map(({ word }) => word))} ;;`,
  )
  .join('\n')}
    esac
    [[ -z $helping ]] || flags='' operands=''
    if [[ $cur == -* ]]; then _awsmfa_offer "$flags"; else _awsmfa_offer "$commands $operands"; fi
  fi
}
_awsmfa_word() {
  if [[ -n $flag ]]; then
    flag=''
  elif [[ $1 == -- || -n $ended ]]; then
    ended=1
  elif [[ $1 == -* ]]; then
    _awsmfa_kind "$1"
    [[ -z $kind ]] || flag=$1
  elif [[ "$path $1" == ' help' ]]; then
    helping=1
  else
    case "$path $1" in
    ${pathPatterns(grammar)}) path="$path $1" ;;
    *) case $path in ${verbatim}) ended=1 ;; esac ;;
    esac
  fi
}
_awsmfa_kind() {
  kind='' choices=''
  case "$path $1" in
${valueCases(grammar)
  .map(
    (each) =>
      `  ${casePatterns(each)}) kind=${each.value.kind}${each.value.choices.length === 0 ? '' : ` choices=${list(each.value.choices)}`} ;;`,
  )
  .join('\n')}
  esac
}
_awsmfa_value() {
  _awsmfa_kind "$1"
  case $kind in
  choice) cur=$2 _awsmfa_offer "$choices" ;;
  file) _awsmfa_default ;;
  profile | mfa-profile) _awsmfa_profiles "$2" ;;
  esac
}
_awsmfa_offer() {
  local each
  for each in $1; do
    [[ $each != "$cur"* ]] || COMPREPLY[\${#COMPREPLY[@]}]=$each
  done
}
# Files, as readline completes them; before bash 4 it does so wherever there is nothing else.
_awsmfa_default() {
  compopt -o bashdefault -o default 2>/dev/null || :
}
_awsmfa_profiles() {
  local file=\${AWS_CONFIG_FILE:-$HOME/.aws/config} line name='' enrolled='' part=\${COMP_WORDS[COMP_CWORD]-}
  case $file in '~/'*) file=$HOME/\${file#??} ;; esac
  [[ -f $file && -r $file ]] || return 0
  # What stands before the part that bash replaces
  [[ $part != [=:@] ]] || part=''
  part=\${1%"$part"}
  while IFS= read -r line || [[ -n $line ]]; do
    case $line in
    [[:blank:]]*'['* | '['*)
      _awsmfa_add "$1"
      line=\${line#*'['} name=\${line%']'*} enrolled=''
      ;;
    awsmfa_source_profile[=[:blank:]]*) enrolled=1 ;;
    esac
  done <"$file"
  _awsmfa_add "$1"
}
_awsmfa_add() {
  case $name in
  profile[[:blank:]]*) name=\${name#profile} ;;
  default) ;;
  *) return 0 ;;
  esac
  while [[ $name == [[:blank:]]* ]]; do name=\${name#?}; done
  while [[ $name == *[[:blank:]] ]]; do name=\${name%?}; done
  case $name in
  \\"*\\" | \\'*\\') name=\${name#?} name=\${name%?} ;;
  *[[:blank:]\\"\\'\\\\]*) return 0 ;;
  esac
  [[ $kind == profile && -z $enrolled || $kind == mfa-profile && -n $enrolled ]] || return 0
  case $1 in
  [\\"\\']*)
    [[ $name != *[!A-Za-z0-9_.%@:+=,/\\ -]* && $name == "\${1#?}"* ]] || return 0
    part=''
    ;;
  *)
    printf -v name %q "$name"
    [[ $name == "$1"* ]] || return 0
    ;;
  esac
  COMPREPLY[\${#COMPREPLY[@]}]=\${name#"$part"}
}
if [[ \${BASH_VERSINFO[0]} -ge 4 ]]; then complete -F _awsmfa awsmfa; else complete -o default -F _awsmfa awsmfa; fi`
}

import { casePatterns, type Grammar, pathPatterns, valueCases, type Word } from './grammar.js'

/** Quoted, for an array of `_describe`: `word:what it is for`. */
const described = (words: readonly Word[]) =>
  words.map(({ word, about }) => `'${word}:${about.replace(/'/g, "'\\''")}'`).join(' ')
const listed = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ')

/**
 * For zsh: a file `_awsmfa` in a folder of `$fpath`, or text that `.zshrc` reads behind `compinit`. `compadd` quotes what it
 * puts in. Lines of the config file are chosen by a pattern before any is looked at, so that a big file costs little; and
 * under `set -x` nothing of them is shown.
 */
export function zshCompletion(grammar: Grammar): string {
  const verbatim = pathPatterns(grammar.filter((command) => command.verbatim))
  return `#compdef awsmfa
# Completion of awsmfa for zsh. Made by: awsmfa completion zsh
_awsmfa() {
  emulate -L zsh
  setopt no_xtrace extended_glob
  local at='' flag='' helping='' ended='' kind word i
  local -a choices commands flags operands
  for ((i = 2; i < CURRENT; i++)); do
    word=\${(Q)words[i]}
    if [[ -n $flag ]]; then
      flag=''
    elif [[ $word == -- || -n $ended ]]; then
      ended=\${ended:-$i}
    elif [[ $word == -* ]]; then
      _awsmfa_kind $word
      [[ -z $kind ]] || flag=$word
    elif [[ "$at $word" == ' help' ]]; then
      helping=1
    else
      case "$at $word" in
      ${pathPatterns(grammar)}) at="$at $word" ;;
      *) case $at in ${verbatim}) ended=$((i - 1)) ;; esac ;;
      esac
    fi
  done
  case $at in ${verbatim}) [[ -n $flag || ( -z $ended && $PREFIX == -* ) ]] || {
      # The command line of another program
      shift \${ended:-$((CURRENT - 1))} words
      (( CURRENT -= \${ended:-$((CURRENT - 1))} ))
      _normal
      return
    } ;;
  esac
  if [[ -n $flag ]]; then
    _awsmfa_value $flag
    return
  fi
  [[ -z $ended ]] || return 1
  if [[ $PREFIX == --*=* ]]; then
    flag=\${PREFIX%%=*}
    compset -P '*='
    _awsmfa_value $flag
    return
  fi
  case $at in
${grammar
  .map(
    ({ path, commands, flags, operands }) =>
      `  '${path}')\n    commands=(${described(commands)})\n    operands=(${listed(operands)})\n    flags=(${flags.map((flag) => described([flag])).join('\n      ')}) ;;`,
  )
  .join('\n')}
  esac
  if [[ -n $helping ]]; then flags=() operands=(); fi
  if [[ $PREFIX == -* ]]; then
    _describe -o flag flags
  else
    (( ! $#operands )) || compadd -a operands
    (( ! $#commands )) || _describe command commands
  fi
}
_awsmfa_kind() {
  kind='' choices=()
  case "$at $1" in
${valueCases(grammar)
  .map(
    (each) =>
      `  ${casePatterns(each)}) kind=${each.value.kind}${each.value.choices.length === 0 ? '' : ` choices=(${listed(each.value.choices)})`} ;;`,
  )
  .join('\n')}
  esac
}
_awsmfa_value() {
  _awsmfa_kind $1
  case $kind in
  choice) compadd -a choices ;;
  file) _files ;;
  profile | mfa-profile) _awsmfa_profiles ;;
  *) _message $kind ;;
  esac
}
_awsmfa_profiles() {
  local file=\${AWS_CONFIG_FILE:-$HOME/.aws/config} name='' line
  local -a lines enrolled others names
  file=\${file/#\\~\\//$HOME/}
  [[ -f $file && -r $file ]] || return 1
  lines=(\${(M)\${(f)"$(<$file)"}:#([[:blank:]]#\\[*\\]*|awsmfa_source_profile[[:blank:]]#=*)})
  for line in $lines ''; do
    if [[ $line == awsmfa* ]]; then
      [[ -z $name ]] || enrolled+=("$name")
      name=''
      continue
    fi
    [[ -z $name ]] || others+=("$name")
    name=\${\${line#*\\[}%\\]*}
    if [[ $name == profile[[:blank:]]* ]]; then name=\${name#profile}; elif [[ $name != default ]]; then name=''; fi
    name=\${\${name##[[:blank:]]#}%%[[:blank:]]#}
    if [[ $name == (\\"*\\"|\\'*\\') ]]; then
      name=\${\${name#?}%?}
    elif [[ $name == *[[:blank:]\\"\\'\\\\]* ]]; then
      name=''
    fi
  done
  if [[ $kind == profile ]]; then names=($others); else names=($enrolled); fi
  compadd -a names
}
if [[ \${funcstack[1]-} == _awsmfa ]]; then
  _awsmfa "$@"
elif (( \${+functions[compdef]} )); then
  compdef _awsmfa awsmfa
fi`
}

import { type Grammar, type ValueCase, valueCases, type Word } from './grammar.js'

const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`
/** What prints candidates, each with what it is for behind a tab. */
const print = (words: readonly Word[]) =>
  words.length === 0
    ? 'true'
    : `printf '%s\\t%s\\n' ${words.map(({ word, about }) => `${word} ${quoted(about)}`).join(' ')}`
const plain = (words: readonly string[]) => `printf '%s\\n' ${words.map(quoted).join(' ')}`
const paths = (grammar: Grammar) => grammar.map(({ path }) => quoted(path)).join(' ')
const patterns = ({ patterns }: ValueCase) =>
  patterns.map(({ path, flag }) => quoted(path === undefined ? `* ${flag}` : `${path} ${flag}`)).join(' ')

/** For fish, which quotes what it puts in. Files are what it offers behind a command that it does not know; its own function for
 * them starts \`ls\`. \`string match\` reads the config file, so that a big one costs little. */
export function fishCompletion(grammar: Grammar): string {
  const verbatim = grammar.filter((command) => command.verbatim)
  return `# Completion of awsmfa for fish. Made by: awsmfa completion fish
function __awsmfa_complete
  set -l current (commandline -ct)
  set -l at ''
  set -l flag ''
  set -l helping 0
  set -l ended 0
  set -l words (commandline -opc)
  set -e words[1]
  set -l index 0
  for word in $words
    set index (math $index + 1)
    if test -n "$flag"
      set flag ''
    else if test $ended -gt 0
      break
    else if test "$word" = --
      set ended (math $index + 1)
    else if string match -q -- '-*' $word
      test (__awsmfa_kind "$at" $word)[1] = none; or set flag $word
    else if test "$at $word" = ' help'
      set helping 1
    else if contains -- "$at $word" ${paths(grammar.filter(({ path }) => path !== ''))}
      set at "$at $word"
    else if contains -- "$at" ${paths(verbatim)}
      set ended $index
    end
  end
  if test -n "$flag"
    __awsmfa_value "$at" $flag "$current" ''
  else if contains -- "$at" ${paths(verbatim)}; and begin; test $ended -gt 0; or not string match -q -- '-*' "$current"; end
    # The command line of another program
    test $ended -gt 0; or set ended (math (count $words) + 1)
    complete -C (string join ' ' -- (string escape -- $words[$ended..-1]) "$current")
  else if test $ended -gt 0
  else if string match -q -- '--*=*' "$current"
    set -l parts (string split -m 1 = -- "$current")
    __awsmfa_value "$at" $parts[1] "$parts[2]" "$parts[1]="
  else
    __awsmfa_words "$at" $helping "$current"
  end
end
function __awsmfa_words
  set -l dashed 0
  string match -q -- '-*' "$argv[3]"; and set dashed 1
  switch "$argv[1]$dashed"
${grammar
  .map(
    ({ path, commands, flags, operands }) => `    case ${quoted(`${path}0`)}
      ${print(commands)}${operands.length === 0 ? '' : `\n      test $argv[2] = 1; or ${plain(operands)}`}
    case ${quoted(`${path}1`)}
      test $argv[2] = 1; or ${print(flags)}`,
  )
  .join('\n')}
  end
end
function __awsmfa_kind
  switch "$argv[1] $argv[2]"
${valueCases(grammar)
  .map((each) => `    case ${patterns(each)}\n      ${plain([each.value.kind, ...each.value.choices])}`)
  .join('\n')}
    case '*'
      echo none
  end
end
function __awsmfa_value
  set -l known (__awsmfa_kind "$argv[1]" $argv[2])
  switch $known[1]
    case choice
      printf '%s\\n' $argv[4]$known[2..-1]
    case file
      set -l found (complete -C "__awsmfa_file $argv[3]")
      printf '%s\\n' $argv[4]$found
    case profile mfa-profile
      set -l found (__awsmfa_profiles $known[1])
      printf '%s\\n' $argv[4]$found
  end
end
function __awsmfa_profiles
  set -l file "$AWS_CONFIG_FILE"
  test -n "$file"; or set file ~/.aws/config
  set file (string replace -r '^~/' ~/ -- $file)
  test -f $file -a -r $file; or return
  set -l name ''
  set -l kind profile
  for line in (string match -r '^(?:[ \\t]*\\[.*\\]|awsmfa_source_profile[ \\t]*=)' <$file) '[]'
    if string match -q 'awsmfa*' -- $line
      set kind mfa-profile
      continue
    end
    test -n "$name" -a $kind = $argv[1]; and printf '%s\\n' $name
    set kind profile
    set name (string match -r '\\[\\s*(?|(default)|profile\\s+"(.+)"|profile\\s+\\'(.+)\\'|profile\\s+([^\\s"\\'\\\\\\\\]+))\\s*\\]$' -- $line)[2]
  end
end
complete -c awsmfa -f -a '(__awsmfa_complete)'`
}

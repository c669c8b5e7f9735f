import { type Grammar, type ValueCase, valueCases, type Word } from './grammar.js'

// PowerShell takes four typographic quotes for the plain one (about_Quoting_Rules).
const quoted = (text: string) => `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`
const table = (words: readonly Word[]) =>
  words.length === 0 ? '@()' : `@(${words.map(({ word, about }) => `@(${quoted(word)}, ${quoted(about)})`).join(', ')})`
const array = (words: readonly string[]) => `@(${words.map(quoted).join(', ')})`
const regex = ({ patterns }: ValueCase) =>
  `'^(${patterns.map(({ path, flag }) => `${path ?? '.*'} ${flag}`).join('|')})$'`

/**
 * For PowerShell 5.1 and later. Where nothing is answered it offers files by itself. A name is put in within single quotes
 * unless it is plain.
 */
export function pwshCompletion(grammar: Grammar): string {
  const verbatim = grammar.filter((command) => command.verbatim).map(({ path }) => path)
  return `# Completion of awsmfa for PowerShell. Made by: awsmfa completion pwsh
Register-ArgumentCompleter -Native -CommandName awsmfa -ScriptBlock {
  param($current, $ast, $position)
  $grammar = @{
${grammar
  .map(
    ({ path, commands, flags, operands }) =>
      `    ${quoted(path)} = @{ commands = ${table(commands)}; flags = ${table(flags)}; operands = ${array(operands)} }`,
  )
  .join('\n')}
  }
  $kindOf = {
    param($path, $flag)
    switch -regex -casesensitive ("$path $flag") {
${valueCases(grammar)
  .map((each) => `      ${regex(each)} { return ${array([each.value.kind, ...each.value.choices])} }`)
  .join('\n')}
    }
  }
  $profiles = {
    param($wanted)
    $file = if ($env:AWS_CONFIG_FILE) { $env:AWS_CONFIG_FILE } else { '~/.aws/config' }
    $file = $file -replace '^~(?=[/\\\\])', $HOME.Replace('$', '$$')
    if (-not [IO.File]::Exists($file)) { return }
    $name = $null
    $kind = 'profile'
    foreach ($line in @([IO.File]::ReadLines($file)) + '[]') {
      if ($line -cmatch '^awsmfa_source_profile\\s*=') { $kind = 'mfa-profile' }
      if ($line -cnotmatch '^\\s*\\[(.*)\\]') { continue }
      $header = $Matches[1].Trim()
      if ($name -and $kind -ceq $wanted) { $name }
      $kind = 'profile'
      $name = if ($header -ceq 'default') { $header }
      elseif ($header -cmatch '^profile\\s+(?:"(?<n>.+)"|''(?<n>.+)''|(?<n>[^\\s"''\\\\]+))$') { $Matches['n'] }
    }
  }
  $offer = {
    param($text, $about, $prefix)
    if (-not $text.StartsWith($current.Substring($prefix.Length).Trim("'"), 'Ordinal')) { return }
    $safe = if ($text -match '^[\\w./%:+-]+$') { $text } else { "'" + ($text -replace "['\\u2018-\\u201b]", '$0$0') + "'" }
    [Management.Automation.CompletionResult]::new($prefix + $safe, $text, 'ParameterValue', $(if ($about) { $about } else { $text }))
  }
  $path = ''
  $flag = $null
  $helping = $false
  $words = @($ast.CommandElements | Where-Object { $_.Extent.EndOffset -lt $position -or ($_.Extent.EndOffset -eq $position -and -not $current) } | Select-Object -Skip 1 | ForEach-Object { "$_" })
  foreach ($word in $words) {
    if ($flag) { $flag = $null }
    elseif ($word -ceq '--' -or $path -cin ${array(verbatim)} -and $word -notlike '-*') { return }
    elseif ($word -like '-*') { if (& $kindOf $path $word) { $flag = $word } }
    elseif (-not $path -and $word -ceq 'help') { $helping = $true }
    elseif ($grammar.Keys -ccontains "$path $word") { $path = "$path $word" }
  }
  $prefix = ''
  if (-not $flag -and $current -match '^(--[a-z-]+)=') {
    $flag = $Matches[1]
    $prefix = "$flag="
  }
  if ($flag) {
    $kind, $choices = & $kindOf $path $flag
    if ($kind -ceq 'choice') { foreach ($each in $choices) { & $offer $each $null $prefix } }
    if ($kind -in 'profile', 'mfa-profile') { foreach ($each in & $profiles $kind) { & $offer $each $null $prefix } }
    return
  }
  $here = $grammar[$path]
  if ($current -like '-*') {
    if (-not $helping) { foreach ($each in $here.flags) { & $offer $each[0] $each[1] '' } }
    return
  }
  foreach ($each in $here.commands) { & $offer $each[0] $each[1] '' }
  if (-not $helping) { foreach ($each in $here.operands) { & $offer $each $null '' } }
}`
}

# Installs awsmfa, one file that needs no Node, for the person who runs this. No administrator, no profile is touched.
#
#   .\install.ps1 [VERSION]        without VERSION (or $env:AWSMFA_VERSION): the latest release
#
# $env:AWSMFA_INSTALL_DIR   the folder to install into; else %LOCALAPPDATA%\Programs\awsmfa
# $env:AWSMFA_INSTALL_BASE  another address than the repository's: https, or a mirror on this machine (http://127.0.0.1)
#
# All is in one function, called in the last line, so that a script that was cut off on its way does nothing at all.

function Install-Awsmfa {
  param([string]$Version)
  Set-StrictMode -Version 2
  $ErrorActionPreference = 'Stop'
  $ProgressPreference = 'SilentlyContinue' # Windows PowerShell downloads many times slower with its bar
  $repository = '@REPOSITORY@' # filled in by the release; a checkout has none

  if (-not $Version) { $Version = $env:AWSMFA_VERSION }
  if (-not $Version) { $Version = 'latest' }
  $Version = $Version -replace '^v', ''
  # It becomes a part of an address, and is shown.
  if ($Version -ne 'latest' -and $Version -notmatch '\A[0-9]+(\.[0-9]+){2}(-[0-9A-Za-z]+([.-][0-9A-Za-z]+)*)?\z') {
    throw 'awsmfa install: this is no version; one looks like 1.2.3'
  }

  $base = $repository
  if ($env:AWSMFA_INSTALL_BASE) { $base = $env:AWSMFA_INSTALL_BASE }
  $base = $base.TrimEnd('/')
  if ($base.StartsWith('@')) {
    throw 'awsmfa install: this install.ps1 is of a checkout, and knows no address: take the one that lies beside a release'
  }
  # No @, so that no name can stand before the host: http://127.0.0.1:80@elsewhere.
  if ($base -notmatch '\A(https://|http://127\.0\.0\.1(:[0-9]+)?(/|\z))[A-Za-z0-9.:/_-]*\z') {
    throw 'awsmfa install: AWSMFA_INSTALL_BASE is not https://...: plain HTTP can be changed on its way'
  }
  $folder = "$base/releases/download/v$Version"
  if ($Version -eq 'latest') { $folder = "$base/releases/latest/download" }

  if ($env:OS -ne 'Windows_NT') { throw 'awsmfa install: this is not Windows: use install.sh' }
  # Windows on Arm runs programs for x64 as well.
  if (-not [Environment]::Is64BitOperatingSystem) {
    throw 'awsmfa install: this system is of 32 bits, and awsmfa needs 64; with Node: npm install --global awsmfa'
  }
  $file = 'awsmfa-windows-x64.exe'
  $into = Join-Path $env:LOCALAPPDATA 'Programs\awsmfa'
  if ($env:AWSMFA_INSTALL_DIR) { $into = $env:AWSMFA_INSTALL_DIR }
  $into = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($into)
  $target = Join-Path $into 'awsmfa.exe'
  [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12

  # Beside the target, so that the last step is a rename: at each moment the old or the new program is there, whole.
  $temp = Join-Path $into ('.awsmfa-install.' + [IO.Path]::GetRandomFileName())
  New-Item -ItemType Directory -Force -Path $temp | Out-Null
  try {
    Write-Host "awsmfa install: downloading $file from $folder"
    $sums = Join-Path $temp 'SHA256SUMS'
    $new = Join-Path $temp 'awsmfa.exe'
    Invoke-WebRequest -UseBasicParsing -Uri "$folder/SHA256SUMS" -OutFile $sums
    Invoke-WebRequest -UseBasicParsing -Uri "$folder/$file" -OutFile $new

    $expected = @(Get-Content $sums | Where-Object { $_ -match "\A([0-9a-f]{64}) [ *]$([regex]::Escape($file))\z" } |
      ForEach-Object { $_.Substring(0, 64) })
    if ($expected.Count -ne 1) {
      throw "awsmfa install: $folder/SHA256SUMS names no checksum for $file; nothing was changed"
    }
    if ((Get-FileHash -Algorithm SHA256 -Path $new).Hash -ne $expected[0]) {
      throw "awsmfa install: the checksum of $file is wrong: the download is damaged, or not what was released; nothing was changed"
    }

    $shown = [string](& $new --version)
    if ($LASTEXITCODE -ne 0) { throw "awsmfa install: $file does not start on this machine; nothing was changed" }
    if ($Version -ne 'latest' -and "$shown " -notlike "awsmfa $Version *") {
      throw "awsmfa install: this is another version than ${Version}: $shown; nothing was changed"
    }
    if (Test-Path -PathType Leaf $target) { [IO.File]::Replace($new, $target, [NullString]::Value) }
    else { [IO.File]::Move($new, $target) }
  } finally {
    Remove-Item -Recurse -Force -ErrorAction SilentlyContinue $temp
  }

  Write-Host "awsmfa install: installed ${target}: $shown"
  if (($env:PATH -split ';') -notcontains $into) {
    Write-Host "awsmfa install: $into is not in your PATH: add it in Settings, 'Edit environment variables for your account'"
  }
  Write-Host "awsmfa install: to remove it: awsmfa schedule remove; awsmfa unenroll --purge; Remove-Item '$target'"
}

# The brace at the end matters: without it a cut just behind the name would drop the version that was asked for.
if ($true) { Install-Awsmfa @args }

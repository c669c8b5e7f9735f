#!/bin/sh
# Installs awsmfa, one file that needs no Node, for the person who runs this. No root, no start-up file is touched.
#
#   sh install.sh [VERSION]        without VERSION (or AWSMFA_VERSION): the latest release
#
# AWSMFA_INSTALL_DIR   the folder to install into; else ~/.local/bin
# AWSMFA_INSTALL_BASE  another address than the repository's: https, or a mirror on this machine (http://127.0.0.1)
#
# All is in one function, called in the last line, so that a script that was cut off on its way does nothing at all.

awsmfa_install() {
  set -u
  umask 022
  repository='@REPOSITORY@' # filled in by the release; a checkout has none

  say() { printf 'awsmfa install: %s\n' "$1"; }
  fail() {
    say "$1" >&2
    [ -z "${2-}" ] || printf '  %s\n' "$2" >&2
    exit 1
  }
  there() { command -v "$1" >/dev/null 2>&1; }

  version=${1:-${AWSMFA_VERSION:-latest}}
  version=${version#v}
  # It becomes a part of an address, and is shown.
  case $version in
  latest) ;;
  *[!0-9A-Za-z.-]* | *..* | .* | -*) fail 'this is no version; one looks like 1.2.3' ;;
  [0-9]*.[0-9]*.[0-9]*) ;;
  *) fail 'this is no version; one looks like 1.2.3' ;;
  esac

  base=${AWSMFA_INSTALL_BASE:-$repository}
  base=${base%/}
  # No @, so that no name can stand before the host: http://127.0.0.1:80@elsewhere.
  case $base in
  @*) fail 'this install.sh is of a checkout, and knows no address' 'take the one that lies beside a release' ;;
  *[!A-Za-z0-9.:/_-]*) fail 'AWSMFA_INSTALL_BASE has characters that no address needs' ;;
  https://*) scheme=https ;;
  http://127.0.0.1 | http://127.0.0.1:* | http://127.0.0.1/*) scheme=http ;;
  *) fail 'AWSMFA_INSTALL_BASE is not https://…' 'plain HTTP can be changed on its way' ;;
  esac
  folder="$base/releases/download/v$version"
  [ "$version" != latest ] || folder="$base/releases/latest/download"

  platform() {
    machine=$(uname -m)
    case $(uname -s) in
    Linux) system=linux ;;
    Darwin)
      system=darwin
      # A shell under Rosetta is told x86_64; the machine is not.
      [ "$(sysctl -n sysctl.proc_translated 2>/dev/null)" != 1 ] || machine=arm64
      ;;
    MINGW* | MSYS* | CYGWIN*) fail 'this is Windows: use install.ps1, in PowerShell' ;;
    *) fail "there is no awsmfa for $(uname -s)" 'with Node: npm install --global awsmfa' ;;
    esac
    case $machine in
    x86_64 | amd64) processor=x64 ;;
    aarch64 | arm64) processor=arm64 ;;
    *) fail "there is no awsmfa for a processor named $machine" 'with Node: npm install --global awsmfa' ;;
    esac
    # A 64-bit kernel with 32-bit programs, as on some Raspberry Pis.
    [ "$(getconf LONG_BIT 2>/dev/null)" != 32 ] ||
      fail 'this system is of 32 bits, and awsmfa needs 64' 'with Node: npm install --global awsmfa'
    file="awsmfa-$system-$processor"
    # ldd before the loader's file: a glibc system can have the loader of musl as well.
    if [ "$system" = linux ]; then
      libc=$(ldd --version 2>&1) || there ldd || libc=$(ls /lib/ld-musl-* 2>/dev/null) || libc=
      case $libc in *musl*) file="$file-musl" ;; esac
    fi
  }

  fetch() { # URL FILE
    if there curl; then
      curl --proto "=$scheme" --tlsv1.2 --connect-timeout 30 --fail --silent --show-error --location --output "$2" "$1"
    elif there wget; then
      # busybox's wget knows none of these
      case $(wget --help 2>&1) in
      *--secure-protocol*) wget --secure-protocol=TLSv1_2 --tries=3 --timeout=30 -nv -O "$2" "$1" ;;
      *) wget -q -O "$2" "$1" ;;
      esac
    else
      fail 'neither curl nor wget is here to download with'
    fi || fail "could not download $1" 'nothing was changed'
  }

  checksum() { # FILE
    if there sha256sum; then
      sum=$(sha256sum <"$1")
    elif there shasum; then
      sum=$(shasum -a 256 <"$1")
    elif there openssl; then
      sum=$(openssl dgst -sha256 -r <"$1")
    else
      fail 'none of sha256sum, shasum and openssl is here to check the download with' 'nothing was changed'
    fi
    sum=${sum%% *}
  }

  verify() { # FILE IN WHICH TO LOOK, FILE TO CHECK
    expected=
    while read -r sum name; do
      [ "${name#\*}" != "$file" ] || expected=$sum
    done <"$1"
    [ "${#expected}" = 64 ] ||
      fail "$folder/SHA256SUMS names no checksum for $file" 'is it a page that your network put in its place? Nothing was changed'
    checksum "$2"
    [ "$sum" = "$expected" ] ||
      fail "the checksum of $file is wrong: the download is damaged, or not what was released" 'nothing was changed; try again'
  }

  advise() {
    case ":$PATH:" in
    *":$into:"*)
      first=$(command -v awsmfa) || first=$target
      [ "$first" = "$target" ] || say "another awsmfa comes first in PATH: $first"
      ;;
    *) say "$into is not in your PATH: add  export PATH=\"$into:\$PATH\"  to your shell's start-up file" ;;
    esac
    say "to remove it: awsmfa schedule remove; awsmfa unenroll --purge; rm '$target'"
  }

  [ -n "${AWSMFA_INSTALL_DIR:-${HOME:-}}" ] || fail 'HOME is not set' 'set it, or AWSMFA_INSTALL_DIR'
  into=${AWSMFA_INSTALL_DIR:-$HOME/.local/bin}
  case $into in /*) ;; *) into=$PWD/$into ;; esac
  target=$into/awsmfa
  platform
  [ ! -d "$target" ] || fail "$target is a folder" 'move it away, or set AWSMFA_INSTALL_DIR'
  hint='set AWSMFA_INSTALL_DIR to a folder that you can write'
  mkdir -p "$into" 2>/dev/null || fail "cannot make the folder $into" "$hint"
  # Beside the target, so that the last step is a rename: at each moment the old or the new program is there, whole.
  temp=$(mktemp -d "$into/.awsmfa-install.XXXXXX" 2>/dev/null) || fail "cannot write in $into" "$hint"
  trap 'rm -rf "$temp"' EXIT
  trap 'exit 130' HUP INT TERM

  say "downloading $file from $folder"
  fetch "$folder/SHA256SUMS" "$temp/SHA256SUMS"
  fetch "$folder/$file" "$temp/awsmfa"
  verify "$temp/SHA256SUMS" "$temp/awsmfa"
  chmod 755 "$temp/awsmfa" || fail "cannot make $temp/awsmfa executable" 'nothing was changed'
  shown=$("$temp/awsmfa" --version </dev/null) || fail "$file does not start on this machine" 'nothing was changed; with Node: npm install --global awsmfa'
  case "$version $shown" in
  latest\ * | "$version awsmfa $version" | "$version awsmfa $version "*) ;;
  *) fail "this is another version than $version: $shown" 'nothing was changed' ;;
  esac
  mv -f "$temp/awsmfa" "$target" || fail "cannot replace $target" 'nothing was changed'
  say "installed $target: $shown"
  advise
}

# The brace at the end matters: without it a cut just behind the name would drop the version that was asked for.
{ awsmfa_install "$@"; }

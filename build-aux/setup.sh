#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Makes a Debian 12 machine ready for adsplice and builds it. Both commands of the
# README call this; by hand it is
#
#   sh build-aux/setup.sh [--build-dir DIR] [--no-compile] [GROUP...] [-- MESON-OPTION...]
#
# GROUP is a group of the file `packages` (default: build run). What is there already
# is left alone: a second run needs no network and no root.

set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
packages=$top/build-aux/packages
build_dir=$top/build
compile=yes
groups=
lists=old

say ()
{
  printf 'setup: %s\n' "$*"
}

die ()
{
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

have ()
{
  command -v "$1" > /dev/null 2>&1
}

while [ $# -gt 0 ]; do
  case $1 in
    --build-dir)
      [ $# -ge 2 ] || die "--build-dir needs a folder"
      build_dir=$2
      shift
      ;;
    --no-compile) compile=no ;;
    --) shift; break ;;
    -*) die "unknown option $1 (see the top of build-aux/setup.sh)" ;;
    *)
      grep -q "^$1[[:space:]]" "$packages" || die "no group '$1' in build-aux/packages"
      groups="$groups $1"
      ;;
  esac
  shift
done
# What is left in "$@" goes to Meson.
[ -n "$groups" ] || groups="build run"

installed ()
{
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null || true)" = installed ]
}

# Names the packages of the groups "$@" that are not there, one a line.
missing ()
{
  for group in "$@"; do
    sed -n "s/^${group}[[:space:]]\{1,\}//p" "$packages"
  done | while read -r package command; do
    if [ -n "$command" ] && have "$command"; then continue; fi
    if installed "$package"; then continue; fi
    printf '%s\n' "$package"
  done
}

as_root ()
{
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif have sudo; then
    sudo "$@"
  else
    return 1
  fi
}

apt_get ()
{
  as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@"
}

install_groups ()
{
  list=$(missing "$@" | tr '\n' ' ')
  [ -n "$list" ] || return 0
  say "installing with apt: $list"
  [ "$(id -u)" = 0 ] || have sudo \
      || { say "not root and no sudo here; as root: apt-get install $list"; return 1; }
  if [ "$lists" = old ]; then
    apt_get update || say "apt-get update failed; trying with the package lists of last time"
    lists=fresh
  fi
  # shellcheck disable=SC2086 # a list of names, split on purpose
  if apt_get install --no-install-recommends $list; then
    return 0
  fi
  say "apt could not install all of: $list"
  return 1
}

# Without `build` and `run` nothing works; without the others some tests are skipped.
install_packages ()
{
  required=
  optional=
  for group in $groups; do
    case $group in
      build | run) required="$required $group" ;;
      *) optional="$optional $group" ;;
    esac
  done
  if ! have apt-get || ! have dpkg-query; then
    say "no apt here: the packages of build-aux/packages are yours to install (groups:$groups)"
    return 0
  fi
  # shellcheck disable=SC2086
  [ -z "$required" ] || install_groups $required \
      || die "adsplice cannot be built without them: install them and run this again"
  # One group after the other: a browser that cannot be had must not cost the other tools.
  for group in $optional; do
    install_groups "$group" || say "going on without $group: tests that need it are skipped"
  done
}

node_major ()
{
  node --version 2> /dev/null | sed -n 's/^v\([0-9]*\)\..*/\1/p'
}

# node_modules of every folder with a package.json, made again only when that changed.
install_node_modules ()
{
  for folder in "$top/examples/web" "$top/tests/browser" "$top/tests/net/sdk"; do
    [ -f "$folder/package.json" ] || continue
    name=${folder#"$top/"}
    major=$(node_major)
    if [ -z "$major" ] || [ "$major" -lt 18 ] || ! have npm; then
      say "no node 18 or newer with npm: $name stays without its packages"
      continue
    fi
    stamp=$folder/node_modules/.package-lock.json
    if [ -f "$stamp" ] && [ -z "$(find "$folder/package.json" "$folder"/package-lock.json \
        -newer "$stamp" 2> /dev/null)" ]; then
      continue
    fi
    verb=install
    [ ! -f "$folder/package-lock.json" ] || verb=ci
    say "npm $verb in $name"
    if (cd "$folder" && npm "$verb" --no-audit --no-fund --ignore-scripts \
        --fetch-retries=1 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000); then
      touch "$stamp"
    else
      say "npm $verb failed in $name: what needs these packages is skipped"
    fi
  done
}

configure ()
{
  if [ ! -f "$build_dir/build.ninja" ]; then
    say "meson setup $build_dir"
    # A folder that was set up half is no build folder.
    [ ! -d "$build_dir/meson-private" ] || set -- --wipe "$@"
    meson setup "$@" "$build_dir" "$top"
  elif [ $# -gt 0 ]; then
    meson configure "$@" "$build_dir"
  fi
}

install_packages
case " $groups " in
  *" web "*) install_node_modules ;;
esac
if [ "$compile" = yes ]; then
  configure "$@" || die "meson could not configure $build_dir"
  meson compile -C "$build_dir" || die "the build in $build_dir failed"
fi

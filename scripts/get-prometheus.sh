#!/bin/sh
# Unpacks Prometheus and its promtool from the system's package archive into a folder, without root and without
# installing anything. Usage: get-prometheus.sh <folder>; afterwards <folder>/prometheus and <folder>/promtool run.
# Needs apt (Debian, Ubuntu). Safe to run twice, and by two processes at the same time.
set -eu
dest=${1:?usage: get-prometheus.sh <folder>}
[ -x "$dest/prometheus" ] && [ -x "$dest/promtool" ] && exit 0
command -v apt-get >/dev/null || { echo "apt-get is not available on this system" >&2; exit 1; }

mkdir -p "$(dirname "$dest")"
dest=$(cd "$(dirname "$dest")" && pwd)/$(basename "$dest")
work=$(mktemp -d "$dest.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
mkdir "$work/debs" "$work/root"
cd "$work/debs"

# Both programs need nothing but the C library; what else the package depends on is for its web pages and its user.
options="-qq -o APT::Sandbox::User= -o Debug::NoLocking=1"
if ! apt-get $options download prometheus 2>/dev/null; then
  # The system's package lists are absent or stale, and only root may renew them: use lists of our own.
  mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
  options="$options -o Dir::State=$work/apt -o Dir::State::lists=$work/apt/lists"
  options="$options -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache=$work/apt/cache -o Acquire::Languages=none"
  apt-get $options update
  apt-get $options download prometheus
fi

for package in *.deb; do dpkg-deb -x "$package" "$work/root"; done
mv "$work/root/usr/bin/prometheus" "$work/root/usr/bin/promtool" "$work"
cd "$work"
chmod 755 "$work"
./prometheus --version >/dev/null
./promtool --version >/dev/null
rm -rf "$work/debs" "$work/apt" "$work/root"

[ -x "$dest/promtool" ] || rm -rf "$dest" # the remains of a broken one
# One rename makes it visible, whole. Losing this race to another process is as good as winning it.
mv -T "$work" "$dest" 2>/dev/null || [ -x "$dest/promtool" ]

#!/bin/sh
# Unpacks Prometheus and its promtool from the system's package archive into a folder, without root and without
# installing anything. Usage: get-prometheus.sh <folder>; afterwards <folder>/prometheus and <folder>/promtool run.
# Needs apt (Debian, Ubuntu). Safe to run twice, and by two processes at the same time.
set -eu
dest=${1:?usage: get-prometheus.sh <folder>}
[ -x "$dest/prometheus" ] && [ -x "$dest/promtool" ] && exit 0
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac # where not even dirname is, the reason is told all the same
. "$here/unpack-packages.sh"

# Both programs need nothing but the C library; what else the package depends on is for its web pages and its user.
fetch() { apt-get $options download prometheus; }

unpack_packages "$dest"
mv root/usr/bin/prometheus root/usr/bin/promtool .
./prometheus --version >/dev/null
./promtool --version >/dev/null
rm -rf root
publish promtool

#!/bin/sh
# Unpacks Docker's compose and buildx plugins from a later Debian release into a folder. Installs nothing and
# needs no root. usage: scripts/get-compose.sh <folder>; then DOCKER_CONFIG=<folder> docker compose …
set -eu
dest=$1
mkdir -p "$dest/cli-plugins"
dest=$(cd "$dest" && pwd)
w=$(mktemp -d)
trap 'rm -rf "$w"' EXIT
mkdir -p "$w/lists/partial" "$w/cache/archives/partial" "$w/x"
: > "$w/status"
# shellcheck disable=SC2016 # a variable of apt-get, not of the shell
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' | head -1)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" > "$w/sources.list"
opts="-qq -o APT::Sandbox::User= -o Debug::NoLocking=1 -o Dir::Etc::sourcelist=$w/sources.list"
opts="$opts -o Dir::Etc::sourceparts=- -o Dir::State=$w -o Dir::State::lists=$w/lists -o Dir::State::status=$w/status"
opts="$opts -o Dir::Cache=$w/cache -o Acquire::Languages=none"
# shellcheck disable=SC2086 # a list of options
apt-get $opts update
cd "$w"
# shellcheck disable=SC2086
apt-get $opts download docker-compose docker-buildx
for deb in *.deb; do dpkg-deb -x "$deb" x; done
cp x/usr/libexec/docker/cli-plugins/docker-* "$dest/cli-plugins/"

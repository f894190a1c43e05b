# Sourced by get-redis.sh and get-prometheus.sh: unpacks packages from the system's archive into a folder, without root
# and without installing anything. Needs apt (Debian, Ubuntu).

# unpack_packages <folder>: what `fetch` downloads, with $options for apt, lies in $work/root afterwards, from where the
# caller puts it into $work. `fetch` is the caller's.
unpack_packages() {
  command -v apt-get >/dev/null || { echo "apt-get is not available on this system" >&2; exit 1; }
  mkdir -p "$(dirname "$1")"
  dest=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
  work=$(mktemp -d "$dest.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' INT TERM HUP
  mkdir "$work/debs" "$work/root"
  cd "$work/debs"

  options="-qq -o APT::Sandbox::User= -o Debug::NoLocking=1"
  if ! fetch 2>/dev/null; then
    # The system's package lists are absent or stale, and only root may renew them: use lists of our own.
    mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
    options="$options -o Dir::State=$work/apt -o Dir::State::lists=$work/apt/lists"
    options="$options -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache=$work/apt/cache -o Acquire::Languages=none"
    apt-get $options update
    fetch
  fi
  for package in *.deb; do dpkg-deb -x "$package" "$work/root"; done
  cd "$work"
  chmod 755 "$work"
}

# publish <program>: makes $work the folder that was asked for; without that program it is the remains of a broken one.
publish() {
  rm -rf "$work/debs" "$work/apt"
  [ -x "$dest/$1" ] || rm -rf "$dest"
  # One rename makes it visible, whole. Losing this race to another process is as good as winning it.
  mv -T "$work" "$dest" 2>/dev/null || [ -x "$dest/$1" ]
}

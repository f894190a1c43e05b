#!/bin/sh
# Unpacks a Redis server from the system's package archive into a folder, without root and without
# installing anything. Usage: get-redis.sh <folder>; afterwards <folder>/redis-server runs it.
# Needs apt (Debian, Ubuntu). Safe to run twice, and by two processes at the same time.
set -eu
dest=${1:?usage: get-redis.sh <folder>}
[ -x "$dest/redis-server" ] && exit 0
command -v apt-get >/dev/null || { echo "apt-get is not available on this system" >&2; exit 1; }

mkdir -p "$(dirname "$dest")"
dest=$(cd "$(dirname "$dest")" && pwd)/$(basename "$dest")
work=$(mktemp -d "$dest.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
mkdir "$work/debs" "$work/root"
cd "$work/debs"

# The server lives in redis-tools. Its libraries are named by the package itself, since their names differ between
# releases; the C library is left out, because the system's own must be used with the system's own loader.
options="-qq -o APT::Sandbox::User= -o Debug::NoLocking=1"
fetch() {
  packages=$(apt-cache $options depends redis-tools | awk '$1 == "Depends:" { print $2 }' | grep '^lib' | grep -v '^libc6$') &&
    [ -n "$packages" ] && apt-get $options download redis-tools $packages
}
if ! fetch 2>/dev/null; then
  # The system's package lists are absent or stale, and only root may renew them: use lists of our own.
  mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
  options="$options -o Dir::State=$work/apt -o Dir::State::lists=$work/apt/lists"
  options="$options -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache=$work/apt/cache -o Acquire::Languages=none"
  apt-get $options update
  fetch
fi

for package in *.deb; do dpkg-deb -x "$package" "$work/root"; done
# The same program is server or checker by the name it is started under.
ln -sf redis-check-rdb "$work/root/usr/bin/redis-server"
cat > "$work/redis-server" <<'EOF'
#!/bin/sh
root=$(dirname "$0")/root
for folder in "$root"/usr/lib/*-linux-gnu* "$root"/lib/*-linux-gnu*; do
  [ -d "$folder" ] && LD_LIBRARY_PATH=$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
done
export LD_LIBRARY_PATH
exec "$root/usr/bin/redis-server" "$@"
EOF
chmod 755 "$work" "$work/redis-server"
"$work/redis-server" --version >/dev/null
rm -rf "$work/debs" "$work/apt"

[ -x "$dest/redis-server" ] || rm -rf "$dest" # the remains of a broken one
# One rename makes it visible, whole. Losing this race to another process is as good as winning it.
mv -T "$work" "$dest" 2>/dev/null || [ -x "$dest/redis-server" ]

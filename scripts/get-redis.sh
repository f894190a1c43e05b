#!/bin/sh
# Unpacks a Redis server from the system's package archive into a folder, without root and without
# installing anything. Usage: get-redis.sh <folder>; afterwards <folder>/redis-server runs it.
# Needs apt (Debian, Ubuntu). Safe to run twice, and by two processes at the same time.
set -eu
dest=${1:?usage: get-redis.sh <folder>}
[ -x "$dest/redis-server" ] && exit 0
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac # where not even dirname is, the reason is told all the same
. "$here/unpack-packages.sh"

# The server lives in redis-tools. Its libraries are named by the package itself, since their names differ between
# releases; the C library is left out, because the system's own must be used with the system's own loader.
fetch() {
  packages=$(apt-cache $options depends redis-tools | awk '$1 == "Depends:" { print $2 }' | grep '^lib' | grep -v '^libc6$') &&
    [ -n "$packages" ] && apt-get $options download redis-tools $packages
}

unpack_packages "$dest"
# The same program is server or checker by the name it is started under.
ln -sf redis-check-rdb root/usr/bin/redis-server
cat > redis-server <<'EOF'
#!/bin/sh
root=$(dirname "$0")/root
for folder in "$root"/usr/lib/*-linux-gnu* "$root"/lib/*-linux-gnu*; do
  [ -d "$folder" ] && LD_LIBRARY_PATH=$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
done
export LD_LIBRARY_PATH
exec "$root/usr/bin/redis-server" "$@"
EOF
chmod 755 redis-server
./redis-server --version >/dev/null
publish redis-server

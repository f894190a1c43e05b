#!/bin/sh
# Builds a stand-in for redis:7-alpine out of Debian's own Redis packages, for a machine whose Docker engine
# can reach no image registry. Nothing is installed on the machine. usage: scripts/images/redis.sh [tag]
set -eu
tag=${1:-redis:7-alpine}
w=$(mktemp -d)
trap 'rm -rf "$w"' EXIT
chmod 755 "$w"
r=$w/root
mkdir -p "$w/debs" "$w/x" "$r/usr/local/bin" "$r/usr/local/lib/redis" "$r/bin" "$r/data" "$r/tmp" "$r/etc"

cd "$w/debs"
apt-get -qq -o APT::Sandbox::User=root download redis-tools busybox-static libjemalloc2 liblzf1 libatomic1
for deb in *.deb; do dpkg-deb -x "$deb" "$w/x"; done

# The server lives in redis-tools as redis-check-rdb; the name it is started under picks its role.
cp "$w/x/usr/bin/redis-check-rdb" "$r/usr/local/lib/redis/redis-server"
cp "$w/x/usr/bin/redis-cli" "$r/usr/local/bin/"

# Protected mode is off in the official image, whatever command line replaces the image's own. A flag in CMD
# would be lost with the CMD, and every client from another container would then be refused.
cat > "$r/usr/local/bin/redis-server" <<'S'
#!/bin/sh
case "${1:-}" in -v | --version | -h | --help) exec /usr/local/lib/redis/redis-server "$@" ;; esac
exec /usr/local/lib/redis/redis-server "$@" --protected-mode no
S
chmod 755 "$r/usr/local/bin/redis-server"

# A shell and a few tools: health checks and testcontainers' default wait run commands inside the container.
cp "$w/x/bin/busybox" "$r/bin/busybox"
for applet in sh cat ls sleep grep sed awk nc env id kill ps test echo; do ln -s busybox "$r/bin/$applet"; done

arch=$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo "$(uname -m)-linux-gnu")
export LD_LIBRARY_PATH="$w/x/usr/lib/$arch:$w/x/lib/$arch"
for binary in lib/redis/redis-server bin/redis-cli; do ldd "$r/usr/local/$binary"; done |
  grep -oE '/[^ ]+' | sort -u | while read -r library; do
  case $library in "$w"/x/*) target="$r/${library#"$w"/x/}" ;; *) target="$r$library" ;; esac
  mkdir -p "$(dirname "$target")"
  cp -L "$library" "$target"
done

printf 'root:x:0:0:root:/root:/bin/sh\nredis:x:999:999:redis:/data:/bin/sh\n' > "$r/etc/passwd"
printf 'root:x:0:\nredis:x:999:\n' > "$r/etc/group"
chmod 1777 "$r/tmp"
chown 999:999 "$r/data"

# No VOLUME: containers that die would leave anonymous volumes behind.
tar -C "$r" --numeric-owner -c . | docker import \
  --change 'ENV PATH=/usr/local/bin:/bin' --change 'WORKDIR /data' --change 'EXPOSE 6379' \
  --change 'LABEL io.switchyard.stand-in="redis, from the Debian package"' \
  --change 'USER redis' --change 'CMD ["redis-server"]' - "$tag" > /dev/null

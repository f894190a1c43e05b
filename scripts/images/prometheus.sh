#!/bin/sh
# Builds a stand-in for the Prometheus image out of Debian's package, for a machine whose Docker engine can reach
# no image registry. Debian's release is older than the one docker-compose.yml names. Nothing is installed on the
# machine. usage: scripts/images/prometheus.sh [tag]
set -eu
tag=${1:-switchyard/stand-in-prometheus:debian}
w=$(mktemp -d)
trap 'rm -rf "$w"' EXIT
r=$w/root
mkdir -p "$w/debs" "$w/x" "$r/bin" "$r/etc/prometheus" "$r/prometheus" "$r/tmp"
cd "$w/debs"
apt-get -qq -o APT::Sandbox::User=root download prometheus busybox-static
for deb in *.deb; do dpkg-deb -x "$deb" "$w/x"; done

cp "$w/x/usr/bin/prometheus" "$w/x/usr/bin/promtool" "$w/x/bin/busybox" "$r/bin/"
for applet in sh cat ls wget; do ln -s busybox "$r/bin/$applet"; done
ldd "$r/bin/prometheus" "$r/bin/promtool" | grep -oE '/[^ ]+' | grep -v ':$' | sort -u | while read -r library; do
  mkdir -p "$r$(dirname "$library")"
  cp -L "$library" "$r$library"
done
printf 'nobody:x:65534:65534:nobody:/prometheus:/bin/sh\n' > "$r/etc/passwd"
printf 'nobody:x:65534:\n' > "$r/etc/group"
printf 'hosts: files dns\n' > "$r/etc/nsswitch.conf"
chmod 1777 "$r/tmp"
chown 65534:65534 "$r/prometheus"

# The paths, the user and the entry point of the official image, so that the same command line suits both.
tar -C "$r" --numeric-owner -c . | docker import \
  --change 'ENV PATH=/bin' --change 'WORKDIR /prometheus' --change 'EXPOSE 9090' --change 'USER 65534' \
  --change 'LABEL io.switchyard.stand-in="Prometheus, from the Debian package"' \
  --change 'ENTRYPOINT ["/bin/prometheus"]' \
  --change 'CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]' \
  - "$tag" > /dev/null

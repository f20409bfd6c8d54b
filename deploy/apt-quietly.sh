# Run as root with packages as arguments: installs them without letting their services start, now or at boot.
# A service that was here before is left as it is.
set -euo pipefail

policy=/usr/sbin/policy-rc.d
clusters=/etc/postgresql-common/createcluster.conf
our_policy='' as_it_was=''
put_back() {
    [ -z "$our_policy" ] || rm -f "$policy"
    [ -z "$as_it_was" ] || { cp "$as_it_was" "$clusters" && rm -f "$as_it_was"; }
}
trap put_back EXIT

# stdin is this script: apt must not read it.
install() {
    DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "$@" </dev/null >/dev/null
}
among() { local wanted=$1 one; shift; for one in "$@"; do [ "$one" != "$wanted" ] || return 0; done; return 1; }

# Debian's way to say "start nothing while you install" (Policy 9.3.3); a container has it already.
if [ ! -e "$policy" ]; then
    our_policy=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
fi
apt-get update -qq </dev/null

# No system-wide database cluster: it would hold a port and run at every boot.
if among postgresql "$@"; then
    install postgresql-common
    as_it_was=$(mktemp)
    cp "$clusters" "$as_it_was"
    echo 'create_main_cluster = false' >>"$clusters"
fi
install "$@"
# It would run at every boot and hold port 1883. (PostgreSQL starts nothing without a cluster.) The helper of
# maintainer scripts does it also where no systemd runs now, as in a container.
if among mosquitto "$@"; then
    DPKG_MAINTSCRIPT_PACKAGE=mosquitto deb-systemd-helper disable mosquitto.service </dev/null >/dev/null
fi

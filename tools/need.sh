# Sourced by the run.sh scripts: installs Debian packages, only those that are missing.
#
#     need <package>...     stops when one of them cannot be installed
#     want <package>...     goes on; the tests that use it say that they were skipped
#
# `command:package` is the package that is missing only when there is no such command.

missing() {
    for item in "$@"; do
        package=${item#*:}
        [ "$package" = "$item" ] || ! command -v "${item%%:*}" >/dev/null 2>&1 || continue
        status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) || status=
        [ "$status" = "install ok installed" ] || printf '%s ' "$package"
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

apt_updated=no
apt_install() {
    if [ $apt_updated = no ]; then
        as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q || return 1
        apt_updated=yes
    fi
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "$@"
}

need() {
    command -v apt-get >/dev/null 2>&1 || return 0    # no Debian: the build says what is missing
    packages=$(missing "$@")
    [ -z "$packages" ] || apt_install $packages || {
        echo "cannot install: $packages" >&2
        exit 1
    }
}

want() {
    command -v apt-get >/dev/null 2>&1 || return 0
    packages=$(missing "$@")
    [ -z "$packages" ] || apt_install $packages || {
        # One that this release does not have must not keep the others away.
        for package in $packages; do
            apt_install "$package" || echo "not installed, some tests will be skipped: $package" >&2
        done
    }
}

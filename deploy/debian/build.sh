#!/usr/bin/env bash
# Builds the node's Debian package: `deploy/debian/build.sh [--arch amd64|arm64] [--python 3.11] [--out FOLDER]`.
#
# It carries a whole virtual environment, made here from the wheels of its architecture at the versions of
# constraints.txt: nothing is compiled, fetched or resolved on a node, and dpkg knows every file. Pip is among
# them, for versions that come from afar (edge/fieldwatch_edge/fleet/software.py), and fetches nothing either. So it is for one
# Python: 3.11 is Debian 12's, 3.13 is Debian 13's. What a node never uses (tests, tools) stays out. Libraries are not
# stripped: those that wheels carry were patched, and do not load any more after it.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

arch=$(dpkg --print-architecture) python=3.11 out=$repo/dist
while [ $# -gt 0 ]; do
    case $1 in
        --arch) arch=$2 ;;
        --python) python=$2 ;;
        --out) out=$(mkdir -p "$2" && cd "$2" && pwd) ;;
        *) fail "unknown option $1; see the head of this file" ;;
    esac
    shift 2
done
case $arch in
    amd64) platform=x86_64-manylinux_2_28 ;;
    arm64) platform=aarch64-manylinux_2_28 ;;
    *) fail "wheels are there for amd64 and arm64" ;;
esac
uv=$repo/.venv/bin/uv
[ -x "$uv" ] || fail "run deploy/test.sh or deploy/demo.sh once: they install uv"
here=$repo/deploy/debian
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say "wheel"
"$uv" build --quiet --wheel --out-dir "$work/wheel" "$repo"
wheel=$(echo "$work"/wheel/*.whl)
version=$(basename "$wheel" | cut -d- -f2)
tree=$work/tree home=$work/tree/opt/fieldwatch
site=$home/lib/python$python/site-packages

say "packages for $arch, Python $python"
mkdir -p "$site" "$home/bin"
"$uv" pip install --quiet --target "$site" --python-platform "$platform" --python-version "$python" \
    --python "$repo/.venv/bin/python" --only-binary :all: --link-mode copy -c "$repo/constraints.txt" "fieldwatch[edge,live] @ file://$wheel" pip
rm -rf "$site/bin" "$site"/*.lock "$site"/fieldwatch_cloud/web "$site"/onnxruntime/{tools,transformers,quantization,datasets}
find "$site" -type d \( -name tests -o -name __pycache__ \) -prune -exec rm -rf {} +
find "$site" -name '*.pyi' -delete

# A virtual environment is a file, two links and the packages.
ln -s "/usr/bin/python$python" "$home/bin/python3"
ln -s python3 "$home/bin/python"
printf 'home = /usr/bin\ninclude-system-site-packages = false\nversion = %s\n' "$python" >"$home/pyvenv.cfg"
printf '#!/opt/fieldwatch/bin/python3\nimport sys\n\nfrom fieldwatch.cli import main\n\nsys.exit(main())\n' \
    >"$home/bin/fieldwatch"
install -m 755 "$repo/deploy/systemd/fieldwatch-edge-start" "$home/"
chmod 755 "$home/bin/fieldwatch"
install -d "$tree/usr/bin" && ln -s /opt/fieldwatch/bin/fieldwatch "$tree/usr/bin/fieldwatch"
install -D -m 644 "$repo/deploy/systemd/fieldwatch-edge.service" \
    "$tree/usr/lib/systemd/system/fieldwatch-edge.service"
install -D -m 640 "$here/fieldwatch-edge.default" "$tree/etc/fieldwatch/edge.env"
doc=$tree/usr/share/doc/fieldwatch-edge
install -D -m 644 "$here/copyright" "$doc/copyright"
install -D -m 644 "$here/node.toml" "$doc/examples/node.toml"
printf 'fieldwatch-edge (%s) stable; urgency=medium\n\n  * See the history of the project.\n\n -- Fieldwatch <fieldwatch@localhost>  %s\n' \
    "$version" "$(date -R -u -d "@$(git -C "$repo" log -1 --format=%ct)")" | gzip -9n >"$doc/changelog.gz"

next=${python%.*}.$((${python#*.} + 1))
install -d "$tree/DEBIAN"
cat >"$tree/DEBIAN/control" <<CONTROL
Package: fieldwatch-edge
Version: $version
Architecture: $arch
Maintainer: Fieldwatch <fieldwatch@localhost>
Installed-Size: $(du -sk "$tree" | cut -f1)
Depends: python$python, python3 (>= $python), python3 (<< $next), adduser, ca-certificates, libc6 (>= 2.28)
Recommends: chrony | systemd-timesyncd, e2fsprogs
Section: science
Priority: optional
Description: wildlife and fire watch on a camera node
 Watches cameras for animals, smoke and flames, keeps what it sees through
 power cuts and outages, and sends it to a Fieldwatch service over MQTT,
 fires first.
CONTROL
echo /etc/fieldwatch/edge.env >"$tree/DEBIAN/conffiles"
for script in postinst prerm postrm; do install -m 755 "$here/$script" "$tree/DEBIAN/"; done
(cd "$tree" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
# Not what umask says here.
chmod -R u+rwX,go+rX,go-w "$tree" && chmod 640 "$tree/etc/fieldwatch/edge.env"

mkdir -p "$out"
say "package"
dpkg-deb --build --root-owner-group -Zzstd "$tree" "$out/fieldwatch-edge_${version}_${arch}.deb" >/dev/null
say "$(du -m "$out/fieldwatch-edge_${version}_${arch}.deb" | cut -f1) MB, $(du -sm "$tree" | cut -f1) MB installed: $out/fieldwatch-edge_${version}_${arch}.deb"

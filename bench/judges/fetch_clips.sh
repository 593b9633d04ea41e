#!/bin/sh
# Human speech for the draft bench, out of Debian packages; nothing of it is committed.
# Usage: bench/judges/fetch_clips.sh FOLDER   (needs apt-get, dpkg, and the judges' environment)
set -eu
folder=$(mkdir -p "$1" && cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
python=${JUDGES_PYTHON:-python3}
mkdir -p "$folder/packages"
cd "$folder/packages"
for package in tuxpaint-stamps-default ktuberling-data fillets-ng-data-cs fillets-ng-data-nl \
    pocketsphinx-testdata; do
    [ -d "$package" ] && continue
    apt-get download "$package"
    dpkg -x "$package"_*.deb "$package.part"
    mv "$package.part" "$package"
    rm -f "$package"_*.deb
done
"$python" "$here/collect_clips.py" "$folder/packages" "$folder/clips"

#!/usr/bin/env bash
# What a training job's entry point hands over to, in the unpacked code: install the wheels, train.
# Without a `wheels` channel the image must bring what locks/training.txt names.
set -euo pipefail

root=$1
channel=$root/input/data/wheels

if [[ -d $channel ]]; then
    wheels=$(mktemp -d)
    python3 -m zipfile -e "$channel"/*.zip "$wheels"
    python3 -m pip install --quiet --no-index --find-links "$wheels" --require-hashes --requirement "$wheels/requirements.txt"
fi
exec python3 -m training.job --root "$root"

#!/usr/bin/env bash
# The yardstick of recipes, and the network that comes with the package, in minutes of one card.
#
#   bash benchmarks/portraits_network/on_a_card.sh DATA OUT yardstick|portraits|made_up [SECONDS]
#
# DATA holds, none of it shipped: portraits/ (EasyPortrait's layout), labels/ (by `label`, of its training portraits),
# backgrounds/ (photos without people), selfies/ (images/ and alphas/), start.ckpt (lite, drawings alone) and people.ckpt
# (lite, no photo of a person). People are drawn into DATA/people first, 4,000 of them, where they are not there.
# Writes OUT/yardstick (results.jsonl and a table), or a run's folder OUT/portraits or OUT/made_up: the recipe
# `experiment=portraits`, with photos from the network of the package on, or from drawings and people alone.
set -euo pipefail
data=$1 out=$2 what=$3 seconds=${4:-300}
python=${PYTHON:-python3} cores=$(nproc --all) hardware=${HARDWARE:-gpu_80gb} people=${PEOPLE:-4000}
export OMP_NUM_THREADS=1
"$python" -m portrait_matting.draw "$data/people" --style people --count "$people" --cut-outs --workers "$cores"
mkdir -p "$out"

if [[ $what == yardstick ]]; then
  exec timeout -s INT "$seconds" "$python" benchmarks/recipe_worth.py "$out/yardstick" --selfies "$data/selfies" \
    --portraits "$data/portraits" --weights "$data/start.ckpt" --people "$data/people" --labels "$data/labels" \
    --backgrounds "$data/backgrounds" --steps "${STEPS:-150}" --batch "${BATCH:-16}" --jobs "${JOBS:-12}" --overrides \
    "hardware=$hardware" hardware.input_size=160 hardware.workers=1 logger=none trainer.enable_progress_bar=false \
    trainer.benchmark=false
fi

recipe=(
  experiment=portraits "hardware=$hardware" "hardware.batch_size=${BATCH:-48}" "hardware.workers=$((cores - 1))"
  hardware.input_size=320 "data.backgrounds='$data/backgrounds'" "augment.backgrounds='$data/backgrounds'"
  "data.sources.cutouts.root='$data/people'" data.sources.drawn.val=16 data.sources.drawn.test=16
  data.length=24000 "trainer.max_time={seconds: $seconds}" trainer.benchmark=false trainer.limit_val_batches=4
  trainer.limit_test_batches=1 callbacks.last.every_minutes=2 "hydra.run.dir='$out/$what'"
)
case $what in
  portraits) recipe+=(
    model.weights=portraits "data.sources.real.root='$data/portraits'" "data.sources.labels.root='$data/labels'"
    data.sources.drawn.share=0.25 data.sources.cutouts.share=0.25 data.sources.real.share=0.2
    data.sources.labels.share=0.3
  ) ;;
  made_up) recipe+=("model.weights='$data/people.ckpt'" data.sources.drawn.share=0.4 data.sources.cutouts.share=0.6) ;;
  *) echo "error: $what is neither yardstick, portraits nor made_up" >&2; exit 2 ;;
esac
exec "$python" -m portrait_matting.train "${recipe[@]}"

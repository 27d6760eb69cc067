# One unit's line of results, from what csn_train and csn_eval said.
{
  unit: $unit,
  kind: $kind,
  system: $system,
  seed: $seed,
  learning_rate: $rate,
  train: $train,
  fixed_triplets: ($train | [scan("--fixed-triplets ([0-9]+)")] | flatten | .[0] // "0" | tonumber),
  images: $trained.images,
  steps: $trained.steps_done,
  seconds: $seconds,
  items: $trained.items,
  validation_error: $trained.triplet_error.mean,
  test_items: $evaluated.test_items,
  triplets: $evaluated.triplet_count,
  error: $evaluated.triplet_error,
  error_interval: $evaluated.triplet_error_interval,
  error_whole: $evaluated.triplet_error_whole.notions,
  leakage: $evaluated.leakage,
  live_dims: $evaluated.live_dims
}

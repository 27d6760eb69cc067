# The page of a data set's results: Markdown tables from all lines, of each unit the last.
def percent: . * 1000 | round / 10 | tostring | if contains(".") then . else . + ".0" end;
def mean: add / length;
# Sample standard deviation; nothing of one value.
def deviation: mean as $m | if length < 2 then null
  else (map((. - $m) * (. - $m)) | add / (length - 1) | sqrt) end;
def spread: (mean | percent) + (deviation | if . == null then "" else " ± " + percent end);
def row: "| " + join(" | ") + " |";
def table($head): ($head | row), ($head | map("---") | row), (.[] | row);
def systems: ["fixed", "preinitialised", "none", "specialists"];
def title: {fixed: "CSN, fixed masks", preinitialised: "CSN, learned masks",
  none: "standard triplet network", specialists: "specialists"}[.];

[group_by(.unit)[] | .[-1]] as $lines
| def of($kind; $system): $lines | map(select(.kind == $kind and .system == $system));
  def better: ["fixed", "preinitialised"] | map(of("claim"; .)) | map(select(length > 0))
    | min_by(map(.validation_error) | mean);
  ($lines | map(select(.kind != "each")) | .[0].error.notions | keys_unsorted) as $notions
| "# Results: \($name)",
  "",
  "Written by `tools/reproduce.sh` from [\($name).jsonl](\($name).jsonl), a line a training. Triplet error on items that were neither",
  "trained nor validated on, in percent; chance is 50. Pooled: over the triplets of all notions, of each equally many.",
  "",
  "## Systems",
  "",
  "Mean and standard deviation over seeds. Images: those that all networks of a system saw together, repetitions counted.",
  "",
  ([systems[] as $s | of("claim"; $s) | select(length > 0)
    | [($s | title), (length | tostring), (.[0].learning_rate | tostring),
       (map(.images) | mean | round | tostring),
       (map(.validation_error) | spread), (map(.error.pooled) | spread)]
      + [$notions[] as $n | map(.error.notions[$n]) | spread]]
   | table(["system", "seeds", "learning rate", "images", "validation", "pooled"] + $notions)),
  "",
  (better as $best | of("claim"; "none") as $none
   | if $best == null or $none == [] then empty else
       "The CSN that is better on validation items (\($best[0].system | title)) has \(($best | map(.error.pooled) | mean) / ($none | map(.error.pooled) | mean) | percent) % of the standard triplet network's pooled error.", "" end),
  (($lines | map(select(.kind == "each"))) as $each
   | if ($each | length) == ($notions | length) then
       "Specialists with the whole budget each, \($each | map(.images) | add) images in all: pooled \($each | map(.error.pooled) | mean | percent) (" +
       ($each | map(.error.notions | to_entries[0] | "\(.key) \(.value | percent)") | join(", ")) + ").", ""
     else empty end),
  "## Each notion in each subspace",
  "",
  "Triplet error of a row's subspace on a column's triplets, and of the plain distance over the whole embedding; the CSN that is better on",
  "validation items, mean over seeds.",
  "",
  (better as $best
   | if $best == null then empty else
     ([$notions[] as $i
       | [$i] + [$notions[] as $j | $best | map(.leakage[$i][$j]) | mean | percent]]
      + [["whole embedding"] + [$notions[] as $j | $best | map(.error_whole[$j]) | mean | percent]]
      | table(["subspace"] + $notions)) end),
  "",
  "## Live dimensions",
  "",
  ([systems[] as $s | of("claim"; $s) | select(length > 0)
    | [($s | title)] + [$notions[] as $n | map(.live_dims[$n]) | map(tostring) | join(", ")]]
   | table(["system"] + $notions)),
  "",
  "## Error against the number of triplets",
  "",
  "So many triplets a notion are drawn once, and a quarter of the budget is trained on them.",
  "",
  (if $plot != "" then "![pooled triplet error against triplets a notion](\($plot))", "" else empty end),
  (($lines | map(select(.kind == "curve")) | map(.fixed_triplets) | unique) as $sizes
   | [systems[] as $s | of("curve"; $s) | select(length > 0) | . as $own
      | [($s | title)] + [$sizes[] as $n | $own | map(select(.fixed_triplets == $n) | .error.pooled)
                          | if length > 0 then mean | percent else "" end]]
   | table(["triplets a notion"] + ($sizes | map(tostring)))),
  "",
  "## Learning rates",
  "",
  "Mean validation error over notions after a quarter of the budget; the least is taken.",
  "",
  (($lines | map(select(.kind == "sweep")) | map(.learning_rate) | unique) as $rates
   | [systems[] as $s | of("sweep"; $s) | select(length > 0) | . as $own
      | [($s | title)] + [$rates[] as $r | $own | map(select(.learning_rate == $r) | .validation_error)
                          | if length > 0 then mean | percent else "" end]]
   | table(["system"] + ($rates | map(tostring))))

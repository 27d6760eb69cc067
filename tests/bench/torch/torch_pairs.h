// The pairs that need LibTorch, by what they measure.
#pragma once

namespace csn::bench {

void AddBuildPairs();  // csn_index build against the network alone, and its memory
void AddTrainPairs();  // training steps against a bare loop of the same network

}  // namespace csn::bench

// The pairs that need no LibTorch, by what they measure.
#pragma once

namespace csn::bench {

void AddQueryPairs();     // a flat query against FAISS alone
void AddMetadataPairs();  // items of hits against RocksDB alone
void AddStartPairs();     // csn_query from process start to end
void AddBatchPairs();     // csn_query --batch against the engine in this process

}  // namespace csn::bench

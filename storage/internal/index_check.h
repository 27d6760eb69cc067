// Whether an index that FAISS read from a file is one that can be searched: FAISS follows what it
// holds without looking.
#pragma once

#include <faiss/Index.h>
#include <faiss/IndexIVF.h>

#include <string>

namespace csn::internal {

// What is wrong with it, or "": only kinds of index_key.h with metric L2 are ever written.
std::string IndexFault(const faiss::Index& index);

// The index of lists within one that FAISS built or read, which stands behind a transform where
// vectors are filled up with zeros; nullptr where it is none.
const faiss::IndexIVF* ListsOf(const faiss::Index& index);

}  // namespace csn::internal

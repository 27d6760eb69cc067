// What a float distance of a flat index proves about the distance by definition.
#pragma once

#include <cstddef>

namespace csn {

// A row whose masked float vector is at `float_distance` or more (squared, FAISS's arithmetic) from
// the masked query has NotionDistance of at least this. `live` is the number of live dimensions,
// `query_norm` the norm of the masked query, `radius` at least the norm of the masked row up to a
// relative error of 1/2. 0 where nothing can be said.
double DistanceFloor(double float_distance, size_t live, double query_norm, double radius);

}  // namespace csn

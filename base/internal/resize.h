// Resampling of a part of an image, the same bytes on every machine.
#pragma once

#include "base/image.h"

namespace csn::internal {

// A part of an image in its pixels; edges may lie between pixels, within the image.
struct Window {
  double left = 0;
  double top = 0;
  double width = 0;
  double height = 0;
};

// The window as an image of width x height pixels. Every pixel is a mean under a triangle that
// reaches one output pixel (one source pixel where the image grows) to each side, so that reducing
// does not alias.
Image Resize(const Image& source, const Window& window, int width, int height);

}  // namespace csn::internal

#include "tools/draw/relief.h"

#include <algorithm>
#include <cmath>

#include "tools/draw/noise.h"

namespace csn {
namespace {

// Adds a sliding window's sum from `in` to `out`, `count` values `stride` apart.
void Slide(const float* in, float* out, int count, int stride, int radius) {
  const float scale = 1.0f / static_cast<float>(2 * radius + 1);
  const auto at = [&](int i) { return in[std::clamp(i, 0, count - 1) * stride]; };
  float sum = 0;
  for (int i = -radius; i <= radius; ++i) sum += at(i);
  for (int i = 0; i < count; ++i) {
    out[i * stride] = sum * scale;
    sum += at(i + radius + 1) - at(i - radius);
  }
}

// All columns at once, so that memory is walked in order.
void SlideDown(const std::vector<float>& in, std::vector<float>& out, int width, int height,
               int radius) {
  const float scale = 1.0f / static_cast<float>(2 * radius + 1);
  std::vector<float> sums(width);
  const auto row = [&](int y) {
    return &in[static_cast<size_t>(std::clamp(y, 0, height - 1)) * width];
  };
  for (int y = -radius; y <= radius; ++y) {
    const float* from = row(y);
    for (int x = 0; x < width; ++x) sums[x] += from[x];
  }
  for (int y = 0; y < height; ++y) {
    const float *enters = row(y + radius + 1), *leaves = row(y - radius);
    float* to = &out[static_cast<size_t>(y) * width];
    for (int x = 0; x < width; ++x) {
      to[x] = sums[x] * scale;
      sums[x] += enters[x] - leaves[x];
    }
  }
}

int Pixels(double length, double unit) {
  return std::max(0, static_cast<int>(std::lround(length * unit)));
}

float Step(float low, float high, float value) {
  const float t = std::clamp((value - low) / (high - low), 0.0f, 1.0f);
  return t * t * (3 - 2 * t);
}

// What a mirror turned upwards by `up` shows of a studio: a lamp overhead, its frame, a bright
// floor.
float Studio(float up) {
  return Step(0.24f, 0.32f, up) * (1 - Step(0.5f, 0.6f, up)) + 0.3f * Step(0.68f, 0.8f, up) +
         0.16f * Step(0.1f, 0.4f, -up);
}

struct Slope {
  float x = 0, y = 0;
};

// Bumps of grain and threads at a place given in pixels.
class Texture {
 public:
  Texture(const Surface& surface, double unit) : surface_(surface) {
    grain_scale_ = static_cast<float>(1 / std::max(1.0, surface.grain_size * unit));
    thread_scale_ = static_cast<float>(3.14159265 / std::max(1.6, surface.weave_size * unit * 0.5));
    mottle_scale_ = static_cast<float>(1 / (0.05 * unit));
    // Threads finer than pixels are not seen.
    const double seen = std::clamp(surface.weave_size * unit / 4, 0.3, 1.0);
    depth_ = static_cast<float>(surface.weave_depth * seen);
    grain_ = static_cast<float>(surface.grain);
    mottle_ = static_cast<float>(surface.mottle);
  }

  Slope At(int x, int y) const {
    Slope slope;
    const auto fx = static_cast<float>(x), fy = static_cast<float>(y);
    if (grain_ > 0) {
      const float u = fx * grain_scale_, v = fy * grain_scale_;
      slope.x += grain_ * (2 * SmoothNoise(u, v, 1) - 1);
      slope.y += grain_ * (2 * SmoothNoise(u, v, 2) - 1);
    }
    switch (surface_.weave) {
      case Weave::kNone:
        break;
      case Weave::kPlain:
        slope.x += depth_ * std::sin(fx * thread_scale_);
        slope.y += depth_ * std::sin(fy * thread_scale_);
        break;
      case Weave::kKnit: {
        const float v = std::sin(fx * thread_scale_) > 0 ? fy + fx : fy - fx;
        slope.x += 0.7f * depth_ * std::cos(fx * thread_scale_);
        slope.y += depth_ * std::sin(v * thread_scale_);
        break;
      }
      case Weave::kRib:
        slope.x += depth_ * std::sin(fx * thread_scale_);
        break;
    }
    return slope;
  }
  // Factor on the colour.
  float Tint(int x, int y) const {
    if (mottle_ == 0) return 1;
    const auto fx = static_cast<float>(x), fy = static_cast<float>(y);
    const float broad = SmoothNoise(fx * mottle_scale_, fy * mottle_scale_, 3);
    const float fine = SmoothNoise(fx * grain_scale_, fy * grain_scale_, 4);
    return 1 + mottle_ * (0.6f * broad + 1.2f * fine - 0.9f);
  }

 private:
  const Surface& surface_;
  float grain_scale_, thread_scale_, mottle_scale_, depth_, grain_, mottle_;
};

}  // namespace

void Blur(std::vector<float>& plane, int width, int height, int radius,
          std::vector<float>& scratch) {
  if (radius <= 0) return;
  scratch.resize(plane.size());
  for (int pass = 0; pass < 2; ++pass) {
    for (int y = 0; y < height; ++y) {
      Slide(&plane[static_cast<size_t>(y) * width], &scratch[static_cast<size_t>(y) * width], width,
            1, radius);
    }
    SlideDown(scratch, plane, width, height, radius);
  }
}

Relief::Relief(Picture& picture, const Light& light)
    : picture_(picture),
      light_(light),
      light_z_(
          static_cast<float>(std::sqrt(std::max(0.05, 1 - light.x * light.x - light.y * light.y)))),
      form_(static_cast<size_t>(picture.size) * picture.size),
      covered_(form_.size()) {}

void Relief::Lay(const uint32_t* pixels, PixelBox drawn, const Finish& finish, double unit) {
  if (drawn.empty()) return;
  const double widest =
      std::max({finish.edge, finish.bulge > 0 ? finish.bulge_width : 0, 2 * finish.reach});
  const int room = Pixels(widest, unit) + 2, size = picture_.size;
  const PixelBox box = {std::max(0, drawn.x0 - room), std::max(0, drawn.y0 - room),
                        std::min(size, drawn.x1 + room), std::min(size, drawn.y1 + room)};
  if (box.empty()) return;
  const int width = box.x1 - box.x0, height = box.y1 - box.y0;
  alpha_.resize(static_cast<size_t>(width) * height);
  for (int y = 0; y < height; ++y) {
    const uint32_t* row = pixels + static_cast<size_t>(box.y0 + y) * size + box.x0;
    for (int x = 0; x < width; ++x) {
      alpha_[static_cast<size_t>(y) * width + x] = static_cast<float>(row[x] >> 24) / 255;
    }
  }
  ThrowShadow(box, finish, unit);
  FormOf(box, finish, unit);
  Shade(pixels, box, finish, unit);
}

void Relief::ThrowShadow(PixelBox box, const Finish& finish, double unit) {
  if (finish.shadow <= 0) return;
  const int width = box.x1 - box.x0, height = box.y1 - box.y0;
  blurred_ = alpha_;
  Blur(blurred_, width, height, std::max(1, Pixels(0.5 * finish.reach, unit)), scratch_);
  const int dx = static_cast<int>(std::lround(-light_.x * finish.reach * unit));
  const int dy = static_cast<int>(std::lround(light_.y * finish.reach * unit));
  for (int y = 0; y < height; ++y) {
    const int from_y = std::clamp(y - dy, 0, height - 1);
    for (int x = 0; x < width; ++x) {
      const size_t at = static_cast<size_t>(box.y0 + y) * picture_.size + box.x0 + x;
      if (covered_[at] <= 0) continue;
      const int from_x = std::clamp(x - dx, 0, width - 1);
      const float dark = static_cast<float>(finish.shadow) * covered_[at] *
                         blurred_[static_cast<size_t>(from_y) * width + from_x];
      for (int c = 0; c < 3; ++c) picture_.rgb[3 * at + c] *= 1 - dark;
    }
  }
}

// Leaves height_ with the form of the layer over all of the box.
void Relief::FormOf(PixelBox box, const Finish& finish, double unit) {
  const int width = box.x1 - box.x0, height = box.y1 - box.y0;
  height_.assign(alpha_.size(), 0);
  const auto add = [&](double rise, double over) {
    if (rise == 0) return;
    blurred_ = alpha_;
    Blur(blurred_, width, height, std::max(1, Pixels(0.5 * over, unit)), scratch_);
    for (size_t i = 0; i < height_.size(); ++i) {
      height_[i] += static_cast<float>(rise) * blurred_[i];
    }
  };
  add(finish.height, finish.edge);
  add(finish.bulge, finish.bulge_width);
  if (finish.own_form) return;
  for (int y = 0; y < height; ++y) {
    const float* beneath = &form_[static_cast<size_t>(box.y0 + y) * picture_.size + box.x0];
    for (int x = 0; x < width; ++x) height_[static_cast<size_t>(y) * width + x] += beneath[x];
  }
}

void Relief::Shade(const uint32_t* pixels, PixelBox box, const Finish& finish, double unit) {
  const int width = box.x1 - box.x0, height = box.y1 - box.y0;
  const Texture texture(finish.surface, unit);
  const auto steep = static_cast<float>(0.5 * unit);
  const auto lx = static_cast<float>(light_.x), ly = static_cast<float>(light_.y);
  // Half-way between the lamp and the camera.
  const float half = 1 / std::sqrt(lx * lx + ly * ly + (light_z_ + 1) * (light_z_ + 1));
  const auto gloss = static_cast<float>(finish.surface.gloss);
  const auto sharpness = static_cast<float>(finish.surface.sharpness);
  const auto reflection = static_cast<float>(finish.surface.reflection);
  const auto strength = static_cast<float>(light_.strength);
  for (int y = 0; y < height; ++y) {
    const size_t above = static_cast<size_t>(std::max(0, y - 1)) * width;
    const size_t below = static_cast<size_t>(std::min(height - 1, y + 1)) * width;
    for (int x = 0; x < width; ++x) {
      const size_t here = static_cast<size_t>(y) * width + x;
      const float alpha = alpha_[here];
      if (alpha <= 0) continue;
      const int px = box.x0 + x, py = box.y0 + y;
      const size_t at = static_cast<size_t>(py) * picture_.size + px;
      const Slope bump = texture.At(px, py);
      const size_t row = static_cast<size_t>(y) * width;
      float nx =
          -(height_[row + std::min(width - 1, x + 1)] - height_[row + std::max(0, x - 1)]) * steep -
          bump.x;
      float ny = (height_[below + x] - height_[above + x]) * steep - bump.y;
      const float norm = 1 / std::sqrt(nx * nx + ny * ny + 1);
      nx *= norm;
      ny *= norm;
      const float lit = nx * lx + ny * ly + norm * light_z_;
      const float shade =
          std::clamp(1 + strength * (lit - light_z_), 0.22f, 1.4f) * texture.Tint(px, py);
      const float facing = std::max(0.0f, (nx * lx + ny * ly + norm * (light_z_ + 1)) * half);
      float shine = gloss > 0 ? 0.55f * gloss * std::pow(facing, sharpness) : 0.0f;
      // Flat faces show no lamp: only what is more than a plane's own share counts.
      const float plane = (light_z_ + 1) * half;
      shine = std::max(0.0f, shine - 0.55f * gloss * std::pow(plane, sharpness) * 0.6f);
      if (reflection > 0) shine += reflection * Studio(ny);
      const uint32_t pixel = pixels[at];
      for (int c = 0; c < 3; ++c) {
        const float colour = static_cast<float>((pixel >> (16 - 8 * c)) & 255) / 255;
        float& to = picture_.rgb[3 * at + c];
        to = to * (1 - alpha) + colour * shade + alpha * shine;
      }
    }
  }
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const float alpha = alpha_[static_cast<size_t>(y) * width + x];
      if (alpha <= 0) continue;
      const size_t at = static_cast<size_t>(box.y0 + y) * picture_.size + box.x0 + x;
      // Whole heights even where a pixel is covered in part, so that no cliff stands at the edge.
      form_[at] = height_[static_cast<size_t>(y) * width + x];
      covered_[at] = std::max(covered_[at], alpha);
    }
  }
}

}  // namespace csn

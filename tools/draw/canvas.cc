#include "tools/draw/canvas.h"

#include <cairo.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace csn {

struct Canvas::State {
  State(Picture& onto, const Light& light, const Projection& from)
      : picture(onto), relief(onto, light), projection(from) {
    const int size = picture.size;
    surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, size, size);
    context = cairo_create(surface);
    if (cairo_status(context) != CAIRO_STATUS_SUCCESS) {
      Fail(ErrorCode::kFailed, "drawing on {} x {} pixels: {}", size, size,
           cairo_status_to_string(cairo_status(context)));
    }
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND);
  }
  ~State() {
    cairo_destroy(context);
    cairo_surface_destroy(surface);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void Trace(const Path& path) {
    cairo_new_path(context);
    for (const Point& point : path) {
      const Point at = projection(point);
      cairo_line_to(context, at.x, at.y);
    }
  }
  // Pixels that a length takes along a path.
  double Wide(const Path& path, double width) const {
    return path.empty() ? 0 : width * projection.Scale(path[path.size() / 2]);
  }
  // Remembers which pixels the traced path may touch.
  void Touch(double margin) {
    double x0, y0, x1, y1, cx0, cy0, cx1, cy1;
    cairo_path_extents(context, &x0, &y0, &x1, &y1);
    cairo_clip_extents(context, &cx0, &cy0, &cx1, &cy1);
    const PixelBox box = {static_cast<int>(std::floor(std::max(x0 - margin, cx0))) - 1,
                          static_cast<int>(std::floor(std::max(y0 - margin, cy0))) - 1,
                          static_cast<int>(std::ceil(std::min(x1 + margin, cx1))) + 1,
                          static_cast<int>(std::ceil(std::min(y1 + margin, cy1))) + 1};
    if (box.empty()) return;
    const PixelBox both = {std::min(drawn.x0, box.x0), std::min(drawn.y0, box.y0),
                           std::max(drawn.x1, box.x1), std::max(drawn.y1, box.y1)};
    drawn = drawn.empty() ? box : both;
    drawn = {std::max(0, drawn.x0), std::max(0, drawn.y0), std::min(picture.size, drawn.x1),
             std::min(picture.size, drawn.y1)};
  }
  void StrokeTraced(double width, Rgb colour, double alpha) {
    Touch(width);
    cairo_set_source_rgba(context, colour.r, colour.g, colour.b, alpha);
    cairo_set_line_width(context, width);
    cairo_stroke(context);
  }
  const uint32_t* pixels() {
    cairo_surface_flush(surface);
    // Rows of 32-bit pixels need no filling up: the stride is the width.
    return reinterpret_cast<const uint32_t*>(cairo_image_surface_get_data(surface));
  }
  void Clear() {
    if (!drawn.empty()) {
      cairo_save(context);
      cairo_reset_clip(context);
      cairo_set_operator(context, CAIRO_OPERATOR_CLEAR);
      cairo_rectangle(context, drawn.x0, drawn.y0, drawn.x1 - drawn.x0, drawn.y1 - drawn.y0);
      cairo_fill(context);
      cairo_restore(context);
    }
    drawn = {};
  }

  Picture& picture;
  Relief relief;
  Projection projection;
  cairo_surface_t* surface = nullptr;
  cairo_t* context = nullptr;
  PixelBox drawn;
};

Canvas::Canvas(Picture& picture, const Light& light, const Projection& projection)
    : state_(std::make_unique<State>(picture, light, projection)) {}

Canvas::~Canvas() = default;

void Canvas::LookFrom(const Projection& projection) { state_->projection = projection; }

void Canvas::Fill(const Path& polygon, Rgb colour, double alpha) {
  state_->Trace(polygon);
  state_->Touch(0);
  cairo_set_source_rgba(state_->context, colour.r, colour.g, colour.b, alpha);
  cairo_fill(state_->context);
}

void Canvas::FillSoft(Point centre, double rx, double ry, Rgb colour, double alpha) {
  cairo_t* context = state_->context;
  state_->Trace(Ellipse(centre, rx, ry));
  state_->Touch(0);
  cairo_pattern_t* gradient = cairo_pattern_create_radial(0, 0, 0, 0, 0, 1);
  constexpr int kStops = 6;
  for (int i = 0; i <= kStops; ++i) {
    const double share = static_cast<double>(i) / kStops;
    const double strength = (1 - share * share) * (1 - share * share);
    cairo_pattern_add_color_stop_rgba(gradient, share, colour.r, colour.g, colour.b,
                                      alpha * strength);
  }
  // The unit circle onto the ellipse, as the projection stands around its centre.
  const Point middle = state_->projection(centre);
  const Point right = state_->projection({centre.x + rx, centre.y});
  const Point top = state_->projection({centre.x, centre.y + ry});
  cairo_matrix_t to_ellipse;
  cairo_matrix_init(&to_ellipse, right.x - middle.x, right.y - middle.y, top.x - middle.x,
                    top.y - middle.y, middle.x, middle.y);
  cairo_matrix_t back = to_ellipse;
  if (cairo_matrix_invert(&back) == CAIRO_STATUS_SUCCESS) {
    cairo_pattern_set_matrix(gradient, &back);
    cairo_set_source(context, gradient);
    cairo_fill(context);
  }
  cairo_pattern_destroy(gradient);
}

void Canvas::Stroke(const Path& line, double width, Rgb colour, double alpha) {
  state_->Trace(line);
  state_->StrokeTraced(state_->Wide(line, width), colour, alpha);
}

void Canvas::StrokeClosed(const Path& polygon, double width, Rgb colour, double alpha) {
  state_->Trace(polygon);
  cairo_close_path(state_->context);
  state_->StrokeTraced(state_->Wide(polygon, width), colour, alpha);
}

void Canvas::StrokeDashed(const Path& line, double width, Rgb colour, double on, double off) {
  const double dashes[] = {state_->Wide(line, on), state_->Wide(line, off)};
  state_->Trace(line);
  cairo_set_line_cap(state_->context, CAIRO_LINE_CAP_BUTT);
  cairo_set_dash(state_->context, dashes, 2, 0);
  state_->StrokeTraced(state_->Wide(line, width), colour, 1);
  cairo_set_dash(state_->context, nullptr, 0, 0);
  cairo_set_line_cap(state_->context, CAIRO_LINE_CAP_ROUND);
}

void Canvas::Clip(const Path& polygon) {
  state_->Trace(polygon);
  cairo_clip(state_->context);
}

void Canvas::Unclip() { cairo_reset_clip(state_->context); }

void Canvas::Lay(const Finish& finish) {
  const Point middle{0.5, 0.2};
  state_->relief.Lay(state_->pixels(), state_->drawn, finish, state_->projection.Scale(middle));
  state_->Clear();
}

void Canvas::LayFlat() {
  const PixelBox box = state_->drawn;
  const uint32_t* pixels = state_->pixels();
  for (int y = box.y0; y < box.y1; ++y) {
    for (int x = box.x0; x < box.x1; ++x) {
      const size_t at = static_cast<size_t>(y) * state_->picture.size + x;
      const uint32_t pixel = pixels[at];
      const float rest = 1 - static_cast<float>(pixel >> 24) / 255;
      for (int c = 0; c < 3; ++c) {
        float& to = state_->picture.rgb[3 * at + c];
        to = to * rest + static_cast<float>((pixel >> (16 - 8 * c)) & 255) / 255;
      }
    }
  }
  state_->Clear();
}

}  // namespace csn

#include "tools/draw/canvas.h"

#include <cairo.h>

#include <cmath>
#include <numbers>

#include "base/error.h"

namespace csn {

Path Smooth(const Path& points, int steps) {
  Path curve;
  const size_t n = points.size();
  for (size_t i = 0; i + 1 < n; ++i) {
    const Point& a = points[i == 0 ? 0 : i - 1];
    const Point& b = points[i];
    const Point& c = points[i + 1];
    const Point& d = points[i + 2 < n ? i + 2 : n - 1];
    for (int step = 0; step < steps; ++step) {
      const double t = static_cast<double>(step) / steps;
      const double t2 = t * t, t3 = t2 * t;
      const auto blend = [&](double pa, double pb, double pc, double pd) {
        return 0.5 * (2 * pb + (pc - pa) * t + (2 * pa - 5 * pb + 4 * pc - pd) * t2 +
                      (3 * pb - pa - 3 * pc + pd) * t3);
      };
      curve.push_back({blend(a.x, b.x, c.x, d.x), blend(a.y, b.y, c.y, d.y)});
    }
  }
  if (n > 0) curve.push_back(points.back());
  return curve;
}

Path Shifted(Path path, double dx, double dy) {
  for (Point& point : path) point = {point.x + dx, point.y + dy};
  return path;
}

Path Ellipse(Point centre, double rx, double ry) {
  Path path;
  constexpr int kCorners = 28;
  for (int i = 0; i < kCorners; ++i) {
    const double angle = 2 * std::numbers::pi * i / kCorners;
    path.push_back({centre.x + rx * std::cos(angle), centre.y + ry * std::sin(angle)});
  }
  return path;
}

namespace {

double Distance(Point a, Point b) { return std::hypot(b.x - a.x, b.y - a.y); }

double Length(const Path& path) {
  double length = 0;
  for (size_t i = 1; i < path.size(); ++i) length += Distance(path[i - 1], path[i]);
  return length;
}

}  // namespace

PathPosition Along(const Path& path, double share) {
  double left = Length(path) * share;
  for (size_t i = 1; i < path.size(); ++i) {
    const Point a = path[i - 1], b = path[i];
    const double step = Distance(a, b);
    const bool last = i + 1 == path.size();
    if (step > 0 && (left <= step || last)) {
      const double t = left / step;
      return {{a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t},
              {(b.x - a.x) / step, (b.y - a.y) / step}};
    }
    left -= step;
  }
  return {path.back(), {1, 0}};
}

Path Part(const Path& path, double from, double to) {
  Path part;
  constexpr int kSteps = 24;
  for (int i = 0; i <= kSteps; ++i) {
    part.push_back(Along(path, from + (to - from) * i / kSteps).point);
  }
  return part;
}

struct Canvas::State {
  cairo_surface_t* surface = nullptr;
  cairo_t* context = nullptr;
  int size = 0;

  ~State() {
    if (context != nullptr) cairo_destroy(context);
    if (surface != nullptr) cairo_surface_destroy(surface);
  }
  void Trace(const Path& path) {
    cairo_new_path(context);
    for (const Point& point : path) cairo_line_to(context, point.x, point.y);
  }
  void StrokeTraced(double width, Rgb colour, double alpha) {
    cairo_set_source_rgba(context, colour.r, colour.g, colour.b, alpha);
    cairo_set_line_width(context, width);
    cairo_stroke(context);
  }
};

Canvas::Canvas(int size, Rgb background, const Frame& frame) : state_(std::make_unique<State>()) {
  state_->size = size;
  state_->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, size, size);
  state_->context = cairo_create(state_->surface);
  cairo_t* context = state_->context;
  if (cairo_status(context) != CAIRO_STATUS_SUCCESS) {
    Fail(ErrorCode::kFailed, "drawing on {} x {} pixels: {}", size, size,
         cairo_status_to_string(cairo_status(context)));
  }
  cairo_set_antialias(context, CAIRO_ANTIALIAS_BEST);
  cairo_set_source_rgb(context, background.r, background.g, background.b);
  cairo_paint(context);
  cairo_translate(context, frame.left, frame.top);
  cairo_scale(context, frame.mirrored ? -frame.unit : frame.unit, -frame.unit);
  cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND);
}

Canvas::~Canvas() = default;

void Canvas::Fill(const Path& polygon, Rgb colour, double alpha) {
  state_->Trace(polygon);
  cairo_set_source_rgba(state_->context, colour.r, colour.g, colour.b, alpha);
  cairo_fill(state_->context);
}

void Canvas::FillShaded(const Path& polygon, Rgb high, Rgb low) {
  state_->Trace(polygon);
  double x0, y0, x1, y1;
  cairo_path_extents(state_->context, &x0, &y0, &x1, &y1);
  cairo_pattern_t* gradient = cairo_pattern_create_linear(0, y0, 0, y1);
  cairo_pattern_add_color_stop_rgb(gradient, 0, low.r, low.g, low.b);
  cairo_pattern_add_color_stop_rgb(gradient, 1, high.r, high.g, high.b);
  cairo_set_source(state_->context, gradient);
  cairo_fill(state_->context);
  cairo_pattern_destroy(gradient);
}

void Canvas::FillSoft(Point centre, double rx, double ry, Rgb colour, double alpha) {
  cairo_t* context = state_->context;
  cairo_pattern_t* gradient = cairo_pattern_create_radial(0, 0, 0, 0, 0, 1);
  cairo_pattern_add_color_stop_rgba(gradient, 0, colour.r, colour.g, colour.b, alpha);
  cairo_pattern_add_color_stop_rgba(gradient, 0.5, colour.r, colour.g, colour.b, alpha * 0.6);
  cairo_pattern_add_color_stop_rgba(gradient, 1, colour.r, colour.g, colour.b, 0);
  cairo_matrix_t before;
  cairo_get_matrix(context, &before);
  cairo_translate(context, centre.x, centre.y);
  cairo_scale(context, rx, ry);
  cairo_new_path(context);
  cairo_arc(context, 0, 0, 1, 0, 2 * std::numbers::pi);
  cairo_set_source(context, gradient);
  cairo_fill(context);
  cairo_set_matrix(context, &before);
  cairo_pattern_destroy(gradient);
}

void Canvas::Stroke(const Path& line, double width, Rgb colour, double alpha) {
  state_->Trace(line);
  state_->StrokeTraced(width, colour, alpha);
}

void Canvas::StrokeClosed(const Path& polygon, double width, Rgb colour, double alpha) {
  state_->Trace(polygon);
  cairo_close_path(state_->context);
  state_->StrokeTraced(width, colour, alpha);
}

void Canvas::StrokeDashed(const Path& line, double width, Rgb colour, double on, double off) {
  const double dashes[] = {on, off};
  state_->Trace(line);
  cairo_set_line_cap(state_->context, CAIRO_LINE_CAP_BUTT);
  cairo_set_dash(state_->context, dashes, 2, 0);
  state_->StrokeTraced(width, colour, 1);
  cairo_set_dash(state_->context, nullptr, 0, 0);
  cairo_set_line_cap(state_->context, CAIRO_LINE_CAP_ROUND);
}

void Canvas::Clip(const Path& polygon) {
  state_->Trace(polygon);
  cairo_clip(state_->context);
}

void Canvas::Unclip() { cairo_reset_clip(state_->context); }

Image Canvas::ToImage() const {
  cairo_surface_flush(state_->surface);
  const uint8_t* data = cairo_image_surface_get_data(state_->surface);
  const int stride = cairo_image_surface_get_stride(state_->surface);
  Image image{state_->size, state_->size, {}};
  image.rgb.reserve(static_cast<size_t>(image.width) * image.height * 3);
  for (int y = 0; y < image.height; ++y) {
    // Cairo keeps a pixel as one native 32-bit number, 0x00RRGGBB.
    const auto* row = reinterpret_cast<const uint32_t*>(data + static_cast<size_t>(y) * stride);
    for (int x = 0; x < image.width; ++x) {
      for (int shift = 16; shift >= 0; shift -= 8) {
        image.rgb.push_back(static_cast<uint8_t>(row[x] >> shift));
      }
    }
  }
  return image;
}

}  // namespace csn

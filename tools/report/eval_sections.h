// The parts of the evaluation page: HTML, empty where a part has nothing to show. Numbers of
// notions in maps, examples and labels are places in the first model's measured notions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "query/evaluation/bootstrap.h"
#include "tools/report/eval_report.h"

namespace csn {

// The pictures of a page, each written into it once. Definitions() is for after all others.
class Thumbnails {
 public:
  explicit Thumbnails(const EvalReport& report) : report_(report) {}

  bool Has(size_t item) const;  // whether it has a picture
  // A reference to the item's picture within an SVG, in the square with this left upper corner.
  std::string InDrawing(size_t item, double x, double y, double side);
  // The picture in a box, or a box that says that there is none.
  std::string InBox(size_t item);
  // Of all pictures asked for so far.
  std::string Definitions() const;

 private:
  const EvalReport& report_;
  std::set<size_t> used_;
};

// What was measured, and the pooled triplet error.
std::string HeaderHtml(const EvalReport& report);
// Each notion's triplet error and ranking of one model.
std::string ScoresHtml(const EvalReport& report, const EvaluatedModel& model);
// The models side by side; empty where there is one.
std::string CompareHtml(const EvalReport& report);

// Triplet error against the number of triplets trained on.
struct TripletPoint {
  std::string system;     // points of one system are joined
  uint64_t triplets = 0;  // a notion, above 0
  Interval error;
};
// Of the models that were trained on fixed triplets.
std::vector<TripletPoint> TripletPoints(const EvalReport& report);
// Empty where there are not two different numbers.
std::string TripletsHtml(std::vector<TripletPoint> points);

// The triplet error of every subspace on every notion's triplets; empty where there is one notion.
std::string LeakageHtml(const EvaluatedModel& model);
std::string MasksHtml(const EvalReport& report, const Model& model);
std::string TrainingHtml(const EvalReport& report, const Model& model);
std::string MapsHtml(const EvalReport& report, Thumbnails& thumbnails);
std::string ExamplesHtml(const EvalReport& report, Thumbnails& thumbnails);
// Of all models.
std::string ProbesHtml(const EvalReport& report);
std::string DefinitionsHtml(const EvalReport& report);

}  // namespace csn

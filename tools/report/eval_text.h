// What the sections of the evaluation page share: names, colours and figures in words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/report/eval_report.h"

namespace csn {

// A number for NotionColour(), the same for one notion all over the page: its place in the first
// model, then in those that it is compared with.
size_t ColourNumber(const EvalReport& report, std::string_view notion);

// Short names of the models, each another one: the file without folder and ending, more of the path
// where two are called alike, "(2)" after the same path given again.
std::vector<std::string> ModelNames(const EvalReport& report);

// Of the notion at this place of the first model's measured notions, "" where there is none.
std::string MeasuredName(const EvalReport& report, size_t notion);
// What the item is in that notion; "" where it is missing.
std::string LabelOf(const EvalReport& report, size_t item, size_t notion);

// "learned masks, begun on slices", "5 specialists": what kind of system a model is.
std::string SystemName(const Model& model);

// "4.2 % (3.8 to 4.6)"; escaped, as HTML.
std::string IntervalHtml(const Interval& interval);
// 1234567 -> "1,234,567".
std::string CountText(uint64_t count);
// "0.123"; "–" for what is not a number.
std::string FigureText(double value);
// "–" where there is no value at this place.
std::string FigureText(const std::vector<double>& values, size_t position);
std::string PercentText(const std::vector<double>& values, size_t position);

// The notion's spot and name, as HTML.
std::string NotionHtml(const EvalReport& report, std::string_view notion);

}  // namespace csn

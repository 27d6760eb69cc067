#include "tools/report/html.h"

#include <array>

#include "base/text.h"
#include "base/utf8.h"

namespace csn {
namespace {

constexpr std::array<std::string_view, kNotionColours> kColours = {
    "#3b82d6", "#e0762f", "#2f9e68", "#c2508f", "#8467d6",
    "#b8901f", "#1f9bb0", "#d14b55", "#6b8e23", "#8d7b6c"};

constexpr std::string_view kStyle = R"(
:root {
  color-scheme: light dark;
  --page: #f6f6f4; --card: #ffffff; --ink: #1d1e20; --soft: #6a6d73; --line: #dfdfda; --track: #ecece8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #16171a; --card: #212328; --ink: #ececea; --soft: #9a9da5; --line: #34373e; --track: #34373e;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 1560px; padding: 24px 32px 40px; background: var(--page); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
}
h1, h2, p { margin: 0; }
h1 { font-size: 24px; line-height: 1.2; overflow-wrap: anywhere; }
.subject { display: flex; gap: 24px; align-items: flex-start; margin-bottom: 20px; }
.subject > .photo { flex: 0 0 200px; height: 200px; border-radius: 10px; }
.subject > div:last-child { min-width: 0; }
.kind { color: var(--soft); margin-bottom: 2px; }
.facts { display: flex; flex-wrap: wrap; gap: 6px 18px; margin: 10px 0; padding: 0; list-style: none; }
.facts span { color: var(--soft); }
.legend { color: var(--soft); max-width: 75ch; }
.legend b { color: var(--ink); }
.dot {
  display: inline-block; flex: none; width: 9px; height: 9px; border-radius: 50%; background: var(--c);
}
.photo {
  display: block; background: #ffffff; border: 1px solid var(--line); overflow: hidden;
}
.photo img { display: block; width: 100%; height: 100%; object-fit: contain; }
.photo.none {
  display: grid; place-items: center; padding: 8px; background: var(--track); color: var(--soft);
  font-size: 11px; text-align: center; overflow-wrap: anywhere;
}
.row { display: grid; grid-template-columns: 140px minmax(0, 1fr); gap: 14px; padding: 18px 0 12px; border-top: 1px solid var(--line); }
.row h2 { display: flex; align-items: center; gap: 7px; font-size: 16px; overflow-wrap: anywhere; }
.row p { color: var(--soft); font-size: 12px; margin-top: 4px; }
.row .asked b { color: var(--ink); }
.weights { list-style: none; margin: 6px 0 0; padding: 0; font-size: 12px; }
.weights li { display: flex; align-items: center; gap: 6px; }
.hits {
  display: grid; grid-auto-flow: column; grid-auto-columns: minmax(108px, 150px); gap: 9px; margin: 0;
  padding: 0 0 8px; list-style: none; overflow-x: auto; scroll-snap-type: x proximity;
}
.hit {
  display: flex; flex-direction: column; min-width: 0; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; overflow: hidden; scroll-snap-align: start;
}
.hit .photo { aspect-ratio: 1; border: 0; }
.hit .name { display: flex; gap: 6px; padding: 6px 8px 0; font-size: 12px; }
.hit .name b { color: var(--soft); font-weight: 600; }
.hit .name span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.shares { display: flex; height: 6px; margin: 6px 8px 4px; border-radius: 3px; overflow: hidden; background: var(--track); }
.shares i { background: var(--c); }
.shares i.unlike {
  background: repeating-linear-gradient(135deg, var(--c) 0 2px, transparent 2px 5px);
}
.parts { list-style: none; margin: 0; padding: 0 8px 8px; font-size: 11px; }
.parts li { padding-top: 3px; }
.parts div { display: flex; justify-content: space-between; gap: 4px; color: var(--soft); }
.parts .value { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.parts .same { color: var(--ink); font-weight: 650; }
.parts .number { font-variant-numeric: tabular-nums; }
.parts .counts .number { color: var(--ink); font-weight: 650; }
.bar { display: block; height: 3px; border-radius: 2px; background: var(--track); overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--c); }
footer { margin-top: 16px; padding-top: 12px; border-top: 1px solid var(--line); color: var(--soft); font-size: 12px; }
code { font: 12px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
@media (max-width: 760px) {
  body { padding: 16px 14px 28px; }
  .subject { gap: 14px; }
  .subject > .photo { flex-basis: 112px; height: 112px; }
  h1 { font-size: 19px; }
  .row { grid-template-columns: minmax(0, 1fr); gap: 8px; padding-top: 14px; }
  .hits { grid-auto-columns: 128px; margin-right: -14px; padding-right: 14px; }
}
@media (max-width: 480px) {
  .facts, .legend { font-size: 12.5px; }
}
)";

}  // namespace

std::string PageHead(std::string_view title, std::string_view style) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<style>{}{}</style>\n</head>\n<body>\n",
      EscapeHtml(title), PageStyle(), style);
}

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  for (const char c : EscapeForTerminal(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string JpegDataUri(const Image& image) {
  return "data:image/jpeg;base64," + Base64(EncodeJpeg(image, 82));
}

std::string_view NotionColour(size_t notion) { return kColours[notion % kColours.size()]; }

std::string NotionDot(size_t notion) {
  return fmt::format("<i class=\"dot\" style=\"--c:{}\"></i>", NotionColour(notion));
}

std::string_view PageStyle() { return kStyle; }

}  // namespace csn

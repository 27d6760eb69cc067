#include "tools/fonts/font_catalogue.h"

#include <cctype>
#include <filesystem>
#include <functional>
#include <mutex>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/image.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "base/utf8.h"
#include "tools/catalogue_folder.h"

namespace csn {
namespace {

constexpr size_t kLongestName = 80;  // bytes of a face's folder, without what tells two apart

// For each face in turn of `count`, on several threads, with progress told.
void ForEachFace(size_t count, const FontCatalogueOptions& options, const char* stage,
                 const std::function<void(size_t)>& body) {
  std::mutex mutex;
  uint64_t done = 0;
  const int threads = options.threads == 0 ? DefaultThreads() : options.threads;
  ParallelFor(count, threads, [&](size_t i) {
    ThrowIfStopped(options.stop);
    body(i);
    std::lock_guard lock(mutex);
    ++done;
    if (options.progress) options.progress({stage, done, count, "faces"});
  });
}

FaceSurvey Survey(const FontFace& face, int size) {
  FaceSurvey survey;
  // A bitmap font need not be one that FreeType reads.
  if (!face.outlines) {
    survey.undrawable = Undrawable::kNoOutlines;
    return survey;
  }
  const FaceDrawing drawing(face);
  survey.undrawable = drawing.undrawable();
  if (survey.undrawable) return survey;
  survey.serifs = drawing.HasSerifs();
  for (size_t c = 0; c < kCharacterCount; ++c) {
    survey.pictures[c] = Hash64(drawing.Draw(c, size));
  }
  return survey;
}

// "DejaVu Sans", "Bold Oblique" -> "dejavu-sans-bold-oblique".
std::string PlainName(const FontFace& face) {
  std::string name;
  for (const char c : LowerCase(face.family + " " + face.style)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      name += c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  if (name.size() > kLongestName) name.resize(kLongestName);
  while (name.ends_with('-')) name.pop_back();
  return name.empty() ? "font" : name;
}

// One a face, all different.
std::vector<std::string> FolderNames(std::span<const FontFace> faces,
                                     std::span<const ChosenFace> chosen) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (const ChosenFace& face : chosen) {
    const std::string plain = PlainName(faces[face.face]);
    std::string name = plain;
    for (int number = 2; !taken.insert(name).second; ++number) {
      name = fmt::format("{}-{}", plain, number);
    }
    names.push_back(name);
  }
  return names;
}

std::string_view KindOf(char character) {
  if (character >= '0' && character <= '9') return "digit";
  return character >= 'A' && character <= 'Z' ? "capital" : "small";
}

std::string CsvLineOf(const FontFace& face, const FaceSurvey& survey, const std::string& folder,
                      size_t character) {
  const char c = kCharacters[character];
  const std::string code = fmt::format("{:04x}", static_cast<unsigned>(c));
  const std::string serif = survey.serifs ? (*survey.serifs ? "serif" : "sans") : "";
  return CsvLine(std::vector<std::string>{
      folder + "-" + code, fmt::format("images/{}/{}.png", folder, code), std::string(1, c),
      std::string(KindOf(c)), face.family, face.style, std::to_string(face.weight),
      std::string(SlantName(face.slant)), std::to_string(face.width), serif,
      face.monospaced ? "monospaced" : "proportional",
      EscapeForTerminal(std::filesystem::path(face.file).filename().string())});
}

// left-out.tsv.
std::string LeftOutTable(const FoundFonts& found, const FaceSelection& selection) {
  std::string table = "file\tindex\tfamily\tstyle\treason\n";
  for (const std::string& file : found.no_fonts) {
    table += fmt::format("{}\t\t\t\tis no font\n", EscapeForTerminal(file));
  }
  for (size_t i = 0; i < found.faces.size(); ++i) {
    const FontFace& face = found.faces[i];
    if (!selection.left_out[i]) continue;
    table += fmt::format("{}\t{}\t{}\t{}\t{}\n", EscapeForTerminal(face.file), face.index,
                         face.family, face.style, LeftOutReason(*selection.left_out[i]));
  }
  return table;
}

FontCatalogueReport Report(const FoundFonts& found, const FaceSelection& selection) {
  FontCatalogueReport report{.found = found.faces.size(),
                             .families = selection.families,
                             .faces = selection.faces.size(),
                             .pictures = selection.pictures,
                             .repeated = selection.repeated,
                             .unreadable = found.no_fonts};
  size_t fit = found.faces.size();
  for (size_t i = 0; i < found.faces.size(); ++i) {
    if (!selection.left_out[i]) continue;
    --fit;
    ++report.left_out[static_cast<size_t>(*selection.left_out[i])];
    if (selection.left_out[i] == LeftOut::kUnreadable) {
      report.unreadable.push_back(found.faces[i].file);
    }
  }
  report.not_chosen = fit - report.faces;
  return report;
}

// Returns its rows of the catalogue.
std::string DrawFace(const FontFace& face, const FaceSurvey& survey, const ChosenFace& chosen,
                     const std::string& folder_name, const CatalogueFolder& folder, int size) {
  const FaceDrawing drawing(face);
  if (drawing.undrawable()) {
    Fail(ErrorCode::kFailed, "drawing fonts: {} has changed meanwhile", face.file);
  }
  folder.MakeFolder("images/" + folder_name);
  std::string rows;
  for (size_t c = 0; c < kCharacterCount; ++c) {
    if (!chosen.pictures[c]) continue;
    folder.Write(
        fmt::format("images/{}/{:04x}.png", folder_name, static_cast<unsigned>(kCharacters[c])),
        EncodeGreyPng(drawing.Draw(c, size), size, size));
    rows += CsvLineOf(face, survey, folder_name, c);
  }
  return rows;
}

}  // namespace

FontCatalogueReport WriteFontCatalogue(const FontCatalogueOptions& options) {
  Require(options.size >= 16 && options.size <= 512,
          "drawing fonts: size {}, expected 16 to 512 pixels", options.size);
  Require(options.threads >= 0, "drawing fonts: threads {}, expected 0 or more", options.threads);
  const CatalogueFolder folder(options.directory, "drawing fonts");
  const FoundFonts found =
      options.fonts.empty() ? InstalledFonts() : FontsIn(options.fonts, options.stop);

  std::vector<FaceSurvey> surveys(found.faces.size());
  ForEachFace(surveys.size(), options, "looking at fonts",
              [&](size_t i) { surveys[i] = Survey(found.faces[i], options.size); });
  const FaceSelection selection = SelectFaces(found.faces, surveys, options.choice);
  FontCatalogueReport report = Report(found, selection);
  if (selection.faces.empty()) {
    Fail(ErrorCode::kFailed, "drawing fonts: none of {} faces in {} can be taken", report.found,
         options.fonts.empty() ? "the installed fonts" : options.fonts);
  }

  const std::vector<std::string> names = FolderNames(found.faces, selection.faces);
  std::vector<std::string> rows(names.size());
  ForEachFace(names.size(), options, "drawing fonts", [&](size_t i) {
    const size_t face = selection.faces[i].face;
    rows[i] = DrawFace(found.faces[face], surveys[face], selection.faces[i], names[i], folder,
                       options.size);
  });
  folder.Write("left-out.tsv", AsBytes(LeftOutTable(found, selection)));
  std::string csv = "sku,image,character,kind,font,style,weight,slant,width,serif,spacing,file\n";
  for (const std::string& row : rows) csv += row;
  folder.Publish(csv);
  return report;
}

}  // namespace csn

// Font files to test with: DejaVu's, which every machine that builds this has, whole and damaged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace csn::test {

// One of fonts-dejavu-core's: "DejaVuSans.ttf", "DejaVuSerif-Bold.ttf".
std::vector<uint8_t> DejaVu(const std::string& name);
// All six of them (Sans, Sans Mono and Serif, each Book and Bold), into a folder that it makes.
void CopyDejaVu(const std::string& folder);

void WriteFont(const std::string& path, const std::vector<uint8_t>& font);

// Position of the table `tag` in a TrueType file, such as "OS/2".
size_t TableAt(const std::vector<uint8_t>& font, std::string_view tag);
// Of the table OS/2: PANOSE's digits, and the family class, whose first byte counts.
constexpr size_t kFamilyClass = 30;
constexpr size_t kPanose = 32;

// The font without the ASCII characters from `first` on.
std::vector<uint8_t> WithoutFrom(std::vector<uint8_t> font, char first);
// The font under a family's name with `to` for `from`, as long as it.
std::vector<uint8_t> Renamed(std::vector<uint8_t> font, std::string_view from, std::string_view to);

// A font of fixed-size pictures (BDF).
std::string BitmapFont();

}  // namespace csn::test

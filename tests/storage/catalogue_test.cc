#include "storage/catalogue.h"

#include <chrono>
#include <filesystem>

#include "tests/storage/read_catalogue.h"
#include "tests/support/test_support.h"

namespace csn {
namespace {

namespace fs = std::filesystem;
using test::ReadAll;
using test::ReadText;
using test::Reasons;
using test::Rows;
using test::Skus;
using test::TempDir;
using test::ThrowsError;
using test::WriteText;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Parts = std::vector<std::string>;

TEST(CatalogueCsv, ReadsItemsWithTypedColumns) {
  const TempDir folder;
  WriteText(folder / "shoes.csv",
            "\xEF\xBB\xBFsku,brand,image,price,sizes\r\n"
            "a1,Nike,img/1.jpg,99.5,38|39 | \r\n"
            "\r\n"
            "a2,\"Dr, \"\"M\"\"\",img/2.jpg,NA,40\r\n"
            "a3,n/a,img/3.jpg,1e2,");
  const Catalogue catalogue = Catalogue::Open(folder / "shoes.csv");
  EXPECT_THAT(catalogue.columns(),
              ElementsAre(Column{"brand", ColumnType::kText}, Column{"price", ColumnType::kNumber},
                          Column{"sizes", ColumnType::kList}));
  EXPECT_EQ(catalogue.row_count(), 3u);
  const Rows rows = ReadAll(catalogue);
  ASSERT_THAT(Skus(rows), ElementsAre("a1", "a2", "a3"));
  EXPECT_THAT(rows.lines, ElementsAre(2, 4, 5));
  EXPECT_THAT(rows.items[0].values,
              ElementsAre(Value("Nike"), Value(99.5), Value(Parts{"38", "39"})));
  EXPECT_THAT(rows.items[1].values, ElementsAre(Value("Dr, \"M\""), Value(), Value(Parts{"40"})));
  EXPECT_THAT(rows.items[2].values, ElementsAre(Value(), Value(100.0), Value()));
  EXPECT_EQ(catalogue.ImagePath(rows.items[0]), folder / "img/1.jpg");
}

TEST(CatalogueCsv, SummarisesColumns) {
  const TempDir folder;
  WriteText(folder / "c.csv",
            "sku,image,number,list,none\n"
            "a,1.jpg,1,x|y,\nb,2.jpg,1.0,y | z,NULL\nc,3.jpg,,|,na\nc,4.jpg,7,w,v\n");
  const Catalogue catalogue = Catalogue::Open(folder / "c.csv");
  const auto& summaries = catalogue.summaries();
  ASSERT_EQ(summaries.size(), 3u);
  // The fourth row repeats a sku, so its values count nowhere; "1" and "1.0" are one number.
  EXPECT_EQ(summaries[0].column.type, ColumnType::kNumber);
  EXPECT_EQ(std::tuple(summaries[0].present, summaries[0].missing, summaries[0].distinct),
            std::tuple(2, 1, 1));
  EXPECT_EQ(summaries[1].column.type, ColumnType::kList);
  EXPECT_EQ(std::tuple(summaries[1].present, summaries[1].missing, summaries[1].distinct),
            std::tuple(2, 1, 3));
  EXPECT_EQ(summaries[2].column.type, ColumnType::kText);
  EXPECT_EQ(std::tuple(summaries[2].present, summaries[2].missing, summaries[2].distinct),
            std::tuple(0, 3, 0));
}

TEST(CatalogueCsv, CountsDistinctValuesUpToItsLimit) {
  std::string text = "sku,image,v\n";
  for (int i = 0; i < 10'500; ++i) text += fmt::format("s{0},{0}.jpg,value {0}\n", i);
  const TempDir folder;
  WriteText(folder / "c.csv", text);
  EXPECT_EQ(Catalogue::Open(folder / "c.csv").summaries()[0].distinct, 10'000u);
}

TEST(CatalogueCsv, HeaderOnlyHasNoRows) {
  const TempDir folder;
  WriteText(folder / "c.csv", "image,sku,price");
  const Catalogue catalogue = Catalogue::Open(folder / "c.csv");
  EXPECT_EQ(catalogue.row_count(), 0u);
  EXPECT_THAT(catalogue.columns(), ElementsAre(Column{"price", ColumnType::kText}));
  EXPECT_THAT(ReadAll(catalogue).lines, IsEmpty());
}

TEST(CatalogueCsv, RefusesBadHeaders) {
  const TempDir folder;
  const auto open = [&](const std::string& text) {
    WriteText(folder / "c.csv", text);
    return [&] { Catalogue::Open(folder / "c.csv"); };
  };
  const ErrorCode bad = ErrorCode::kInvalidArgument;
  EXPECT_THAT(open(""), ThrowsError(bad, "empty"));
  EXPECT_THAT(open("\xEF\xBB\xBF \r\n\n"), ThrowsError(bad, "empty"));
  EXPECT_THAT(open("SKU,image\n"), ThrowsError(bad, "called sku; it has SKU, image"));
  EXPECT_THAT(open("sku,photo\n"), ThrowsError(bad, "called image"));
  EXPECT_THAT(open("sku,image,a,a\n"), ThrowsError(bad, "column \"a\" twice"));
  EXPECT_THAT(open("sku,sku,image\n"), ThrowsError(bad, "column \"sku\" twice"));
  EXPECT_THAT(open("sku,,image\n"), ThrowsError(bad, "column 2 of the header has no name"));
  EXPECT_THAT(open("sku,image,\"a\n"), ThrowsError(bad, "c.csv: header, line 1: a quote is not"));
  EXPECT_THAT(open("sku,image,a\xFF\n"), ThrowsError(bad, "invalid UTF-8"));
  EXPECT_THAT(open("sku,image," + std::string(2 << 20, 'a')), ThrowsError(bad, "longer than"));
  EXPECT_THAT([&] { Catalogue::Open(folder / "none.csv"); },
              ThrowsError(ErrorCode::kNotFound, "none.csv"));
  EXPECT_THAT([] { Catalogue::Open("/dev/null"); }, ThrowsError(bad, "regular file"));
}

TEST(CatalogueCsv, RejectsMalformedRowsAndGoesOn) {
  const Rows rows = ReadText("c.csv",
                             "sku,image,a\n"
                             "1,1.jpg,x\n"
                             "2,2.jpg\n"
                             "3,3.jpg,x,y\n"
                             "4,4.jpg,in\"side\n"
                             "5,5.jpg,\"after\" it\n"
                             "6,6.jpg,\xC3\n"
                             "7,7.jpg,\xED\xA0\x80\n" +
                                 std::string("8,8.jpg,\0\n", 10) +
                                 "9,9.jpg,\"two\nlines\"\n"
                                 "10,10.jpg, spaced \n");
  EXPECT_THAT(Skus(rows), ElementsAre("1", "9", "10"));
  EXPECT_EQ(rows.items[1].values[0], Value("two\nlines"));
  EXPECT_EQ(rows.items[2].values[0], Value("spaced"));
  EXPECT_THAT(
      Reasons(rows),
      ElementsAre("3: 2 fields, the header has 3", "4: 4 fields, the header has 3",
                  "5: malformed quoting in field 3", "6: malformed quoting in field 3",
                  HasSubstr("7: invalid UTF-8 at byte 9"), HasSubstr("8: invalid UTF-8 at byte 9"),
                  HasSubstr("9: a NUL byte at byte 9")));
  EXPECT_EQ(rows.lines.back(), 12u);  // the row before spans two lines
}

TEST(CatalogueCsv, AnUnclosedQuoteCostsOneRow) {
  const std::string header = "sku,image,a\n";
  // Closed by a later row's quote; by the end of the file; beyond the limit of a row.
  const Rows stray = ReadText("c.csv", header + "1,1.jpg,\"x\n2,2.jpg,\"y\"\n3,3.jpg,z\n");
  EXPECT_THAT(Skus(stray), ElementsAre("2", "3"));
  EXPECT_THAT(Reasons(stray), ElementsAre("2: malformed quoting in field 3 (seen on line 3)"));

  const Rows miscounted =
      ReadText("c.csv", header + "1,1.jpg,\"x\n2,2.jpg,y\n3,3.jpg,\",\"\n4,4.jpg,\n");
  EXPECT_THAT(Skus(miscounted), ElementsAre("2", "3", "4"));

  const Rows ended = ReadText("c.csv", header + "1,1.jpg,\"x\n2,2.jpg,y\n3,3.jpg,z");
  EXPECT_THAT(Skus(ended), ElementsAre("2", "3"));
  EXPECT_THAT(Reasons(ended), ElementsAre("2: a quote is not closed before the end of the file"));

  std::string text = header + "first,1.jpg,\"x\n";
  for (int i = 0; i < 60'000; ++i) text += fmt::format("s{0},{0}.jpg,some value of {0}\n", i);
  ASSERT_GT(text.size(), size_t{1} << 20);
  const Rows far = ReadText("c.csv", text + "last,1.jpg,\"closed\"\n");
  EXPECT_EQ(far.items.size(), 60'001u);
  EXPECT_THAT(Reasons(far), ElementsAre("2: a quote is not closed within 1048576 bytes"));
}

TEST(CatalogueCsv, ARowBeyondTheLimitIsRejectedUnread) {
  const std::string big(3 << 20, 'x');
  const Rows rows =
      ReadText("c.csv", "sku,image,a\n1,1.jpg,\"open\n2,2.jpg," + big + "\n3,3.jpg,z\n");
  EXPECT_THAT(Skus(rows), ElementsAre("3"));
  EXPECT_THAT(Reasons(rows), ElementsAre("2: a quote is not closed within 1048576 bytes",
                                         "3: the row is longer than 1048576 bytes"));
}

TEST(Catalogue, ChecksSkus) {
  const Rows rows =
      ReadText("c.csv", "sku,image\n\"  padded \",1.jpg\nNA,2.jpg\n\" \",3.jpg\n,4.jpg\n" +
                            std::string(512, 'l') + ",5.jpg\n" + std::string(513, 'l') +
                            ",6.jpg\n007,7.jpg\npadded,8.jpg\n7,9.jpg\n");
  EXPECT_THAT(Skus(rows), ElementsAre("padded", "NA", std::string(512, 'l'), "007", "7"));
  EXPECT_THAT(Reasons(rows), ElementsAre("4: sku is missing", "5: sku is missing",
                                         "7: sku has 513 bytes, at most 512 are allowed",
                                         "9: sku is repeated, first on line 2"));
  EXPECT_EQ(rows.rejects.back().sku, "padded");
}

TEST(Catalogue, ChecksImagePaths) {
  const std::string text =
      "sku,image\n1,\n2,/etc/a.jpg\n3,../a.jpg\n4,x/../../a.jpg\n5,x/../a.jpg\n6,..a.jpg\n7,\" "
      "\"\n8," +
      std::string(5000, 'p') + "\n";
  const Rows rows = ReadText("c.csv", text);
  EXPECT_THAT(Skus(rows), ElementsAre("5", "6"));
  EXPECT_THAT(
      Reasons(rows),
      ElementsAre("2: image is missing", HasSubstr("3: image \"/etc/a.jpg\" is an absolute"),
                  HasSubstr("4: image \"../a.jpg\" leads outside"),
                  HasSubstr("5: image \"x/../../a.jpg\" leads outside"), "8: image is missing",
                  HasSubstr("9: image path has 5000 bytes")));
  const Rows outside = ReadText("c.csv", text, {.declared = {}, .allow_outside = true});
  EXPECT_THAT(Skus(outside), ElementsAre("2", "3", "4", "5", "6"));
}

TEST(Catalogue, FollowsNoLinkOutsideUnlessAllowed) {
  const TempDir folder;
  WriteText(folder / "outside/a.jpg", "");
  WriteText(folder / "shop/real.jpg", "");
  fs::create_symlink("../outside/a.jpg", folder / "shop/file.jpg");
  fs::create_symlink("../outside", folder / "shop/more");
  fs::create_symlink("real.jpg", folder / "shop/within.jpg");
  fs::create_symlink("nowhere.jpg", folder / "shop/dangling.jpg");
  WriteText(folder / "shop/c.csv",
            "sku,image\n1,real.jpg\n2,file.jpg\n3,more/"
            "a.jpg\n4,within.jpg\n5,dangling.jpg\n6,real.jpg\n");
  EXPECT_THAT(Skus(ReadAll(Catalogue::Open(folder / "shop/c.csv"))),
              ElementsAre("1", "4", "5", "6"));
  const CatalogueOptions allow = {.declared = {}, .allow_outside = true};
  EXPECT_THAT(Skus(ReadAll(Catalogue::Open(folder / "shop/c.csv", allow))),
              ElementsAre("1", "2", "3", "4", "5", "6"));

  const Rows listed = ReadAll(Catalogue::Open(folder / "shop"));
  EXPECT_THAT(Skus(listed), ElementsAre("dangling", "real", "within"));
  EXPECT_THAT(Reasons(listed),
              ElementsAre("0: image \"file.jpg\" leads outside the catalogue's folder"));
  EXPECT_THAT(Skus(ReadAll(Catalogue::Open(folder / "shop", allow))),
              ElementsAre("dangling", "file", "more/a", "real", "within"));
}

TEST(Catalogue, DeclaredTypesRule) {
  const std::string text =
      "sku,image,heel-height,zip,tag\n1,1.jpg,5,01234,a\n2,2.jpg,tall,02345,b|c\n";
  const CatalogueOptions options = {.declared = {{"heel_height", ColumnType::kNumber},
                                                 {"zip", ColumnType::kText},
                                                 {"tag", ColumnType::kText}},
                                    .allow_outside = false};
  const Rows rows = ReadText("c.csv", text, options);
  ASSERT_EQ(rows.items.size(), 1u);
  EXPECT_THAT(rows.items[0].values, ElementsAre(Value(5.0), Value("01234"), Value("a")));
  EXPECT_THAT(Reasons(rows), ElementsAre("3: column heel-height: expected a number, got \"tall\""));
  EXPECT_EQ(rows.rejects[0].sku, "2");
  // Undeclared, one text among numbers makes a column of texts.
  EXPECT_EQ(ReadText("c.csv", text).items[0].values[0], Value("5"));

  const auto declare = [&](const std::string& name) {
    return [&text, name] { ReadText("c.csv", text, {.declared = {{name, ColumnType::kText}}}); };
  };
  EXPECT_THAT(declare("tags"),
              ThrowsError(ErrorCode::kInvalidArgument, "called \"tags\"; did you mean tag"));
  EXPECT_THAT(declare("sku"), ThrowsError(ErrorCode::kInvalidArgument, "sku is every item's own"));
}

TEST(Catalogue, FindsColumnsByName) {
  const TempDir folder;
  WriteText(folder / "c.csv", "sku,a-b,image,a_b,heel-height\n");
  const Catalogue catalogue = Catalogue::Open(folder / "c.csv");
  EXPECT_EQ(catalogue.ColumnIndex("a-b", "notion x"), 0u);
  EXPECT_EQ(catalogue.ColumnIndex("a_b", "notion x"), 1u);
  EXPECT_EQ(catalogue.ColumnIndex("heel_height", "notion x"), 2u);
  EXPECT_THAT([&] { catalogue.ColumnIndex("heel-hieght", "notion heels"); },
              ThrowsError(ErrorCode::kInvalidArgument, "did you mean heel-height?"));
}

TEST(Catalogue, StopsWhereTheSinkSaysSo) {
  const TempDir folder;
  WriteText(folder / "c.csv", "sku,image\n1,1.jpg\n2,2.jpg\n3,3.jpg\n");
  int seen = 0;
  Catalogue::Open(folder / "c.csv").ForEach([&](CatalogueRow&&, uint64_t) { return ++seen < 2; });
  EXPECT_EQ(seen, 2);
}

TEST(Catalogue, NoticesThatTheFileChanged) {
  const TempDir folder;
  const std::string path = folder / "c.csv";
  WriteText(path, "sku,image\n1,1.jpg\n");
  const Catalogue catalogue = Catalogue::Open(path);
  const auto read = [&] { ReadAll(catalogue); };
  const auto time = fs::last_write_time(path);
  WriteText(path, "sku,image\n1,1.jpg\n2,2.jpg\n");
  fs::last_write_time(path, time);
  EXPECT_THAT(read, ThrowsError(ErrorCode::kFailed, "changed since"));
  WriteText(path, "sku,image\n1,2.jpg\n");
  fs::last_write_time(path, time + std::chrono::milliseconds(1));
  EXPECT_THAT(read, ThrowsError(ErrorCode::kFailed, "changed since"));
  fs::last_write_time(path, time);
  EXPECT_NO_THROW(read());
  fs::remove(path);
  EXPECT_THAT(read, ThrowsError(ErrorCode::kFailed, "c.csv"));
}

TEST(CatalogueJsonl, ReadsItemsAndTheUnionOfKeys) {
  const TempDir folder;
  WriteText(
      folder / "c.JSONL",
      "\xEF\xBB\xBF{\"sku\":\"a\",\"zeta\":1.50,\"image\":\"1.jpg\",\"flag\":true}\r\n"
      "\r\n"
      "{\"sku\":12,\"image\":\"2.jpg\",\"alpha\":[\"x\", 7, \" \"],\"zeta\":null}\n"
      "{\"sku\":123456789012345678901234567890,\"image\":\"3.jpg\",\"alpha\":\"p|q\",\"flag\":1,"
      "\"flag\":false,\"zeta\":\"2\"}\n"
      "{\"image\":\"\\u00e9.jpg\",\"sku\":\"\\u00e9\",\"alpha\":[]}");
  const Catalogue catalogue = Catalogue::Open(folder / "c.JSONL");
  EXPECT_THAT(catalogue.columns(),
              ElementsAre(Column{"zeta", ColumnType::kNumber}, Column{"flag", ColumnType::kText},
                          Column{"alpha", ColumnType::kList}));
  const Rows rows = ReadAll(catalogue);
  ASSERT_THAT(Skus(rows), ElementsAre("a", "12", "123456789012345678901234567890", "é"));
  EXPECT_THAT(rows.lines, ElementsAre(1, 3, 4, 5));
  EXPECT_THAT(rows.items[0].values, ElementsAre(Value(1.5), Value("true"), Value()));
  EXPECT_THAT(rows.items[1].values, ElementsAre(Value(), Value(), Value(Parts{"x", "7"})));
  EXPECT_THAT(rows.items[2].values,
              ElementsAre(Value(2.0), Value("false"), Value(Parts{"p", "q"})));
  EXPECT_THAT(rows.items[3].values, ElementsAre(Value(), Value(), Value()));
  EXPECT_EQ(rows.items[3].image, "é.jpg");
  EXPECT_EQ(catalogue.summaries()[2].missing, 2u);
}

TEST(CatalogueJsonl, RejectsRowsWithReasons) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"[1]", "not a JSON object"},
      {"7", "not a JSON object"},
      {"null", "not a JSON object"},
      {"{\"sku\":\"1\"", "malformed JSON at byte"},
      {"{\"sku\":\"1\"} x", "malformed JSON at byte"},
      {"{\"sku\":\"1\" é}", "malformed JSON at byte"},
      {"{\"size\":{\"eu\":38}}", "key \"size\" holds a nested object"},
      {"{\"size\":[[38]]}", "key \"size\" holds an array within an array"},
      {"{\"size\":[{}]}", "key \"size\" holds a nested object"},
      {"{\"size\":[true]}", "key \"size\" holds an array of other things"},
      {"{\"size\":\"a\\u0000b\"}", "key \"size\" holds a NUL"},
      {"{\"\":1}", "a key without a name"},
      {"{\"x\":\"\xFF\"}", "invalid UTF-8 at byte 7"},
      {"{\"x\":1e999}", "malformed JSON"},
      {"{\"sku\":1.5,\"image\":\"a\"}", "sku is neither"},
      {"{\"sku\":true,\"image\":\"a\"}", "sku is neither"},
      {"{\"sku\":[\"a\"],\"image\":\"a\"}", "sku is neither"},
      {"{\"sku\":\"1\",\"image\":3}", "image is not a text"},
      {"{\"image\":\"a\"}", "sku is missing"},
      {"{\"sku\":null,\"image\":\"a\"}", "sku is missing"},
      {"{\"sku\":\"1\"}", "image is missing"},
      {"{\"x\":\"" + std::string(2 << 20, 'x') + "\"}", "longer than 1048576 bytes"},
      {std::string(1 << 19, '['), "not a JSON object"},
  };
  std::string text;
  for (const auto& [line, reason] : cases) text += line + "\n";
  const Rows rows = ReadText("c.ndjson", text + "{\"sku\":\"good\",\"image\":\"g.jpg\"}");
  EXPECT_THAT(Skus(rows), ElementsAre("good"));
  ASSERT_EQ(rows.rejects.size(), cases.size());
  for (size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(rows.rejects[i].line, i + 1);
    EXPECT_THAT(rows.rejects[i].reason, HasSubstr(cases[i].second));
    EXPECT_LT(rows.rejects[i].reason.size(), 400u);
  }
  EXPECT_THAT([] { ReadText("c.jsonl", "\n \n"); },
              ThrowsError(ErrorCode::kInvalidArgument, "empty"));
}

TEST(CatalogueJsonl, ListsMeetDeclaredTypes) {
  const std::string text =
      "{\"sku\":1,\"image\":\"1.jpg\",\"v\":[4,5]}\n{\"sku\":2,\"image\":\"2.jpg\",\"v\":6}\n";
  const Rows as_text = ReadText("c.jsonl", text, {.declared = {{"v", ColumnType::kText}}});
  ASSERT_EQ(as_text.items.size(), 2u);
  EXPECT_EQ(as_text.items[0].values[0], Value("4|5"));
  const Rows as_number = ReadText("c.jsonl", text, {.declared = {{"v", ColumnType::kNumber}}});
  EXPECT_THAT(Reasons(as_number), ElementsAre("1: column v: expected a number, got a list"));
  EXPECT_EQ(ReadText("c.jsonl", text).items[1].values[0], Value(Parts{"6"}));
}

TEST(CatalogueJsonl, RejectsRowsWithTooManyKeys) {
  std::string many = "{\"sku\":2,\"image\":\"2.jpg\"";
  for (int i = 0; i < 4096; ++i) many += fmt::format(",\"key{}\":1", i);
  const std::string first = "{\"sku\":1,\"image\":\"1.jpg\",\"a\":1}\n";
  const Rows rows =
      ReadText("c.jsonl", first + many + "}\n{\"sku\":3,\"image\":\"3.jpg\",\"b\":2}");
  EXPECT_THAT(Skus(rows), ElementsAre("1", "3"));
  EXPECT_THAT(Reasons(rows), ElementsAre("2: its keys are more than 4096 with those before it"));
  EXPECT_THAT(rows.items[1].values, ElementsAre(Value(), Value(2.0)));
  EXPECT_EQ(ReadText("c.jsonl", many + "}").items.size(), 1u);
}

TEST(CatalogueFolder, ListsImagesInOrder) {
  const TempDir folder;
  for (const char* name : {"b.JPG", "a/z.jpeg", "a/a.png", "a.webp", "notes.txt", ".jpg", "a/z.png",
                           "Z/deep/er/x.y.Jpg", "\xFF.jpg"}) {
    WriteText(folder / name, "");
  }
  fs::create_directory_symlink("..", folder / "a/loop");
  fs::create_directory(folder / "folder.jpg");
  const Catalogue catalogue = Catalogue::Open(folder.path());
  EXPECT_THAT(catalogue.columns(), IsEmpty());
  const Rows rows = ReadAll(catalogue);
  EXPECT_THAT(Skus(rows), ElementsAre("Z/deep/er/x.y", "a", "a/a", "a/z", "b"));
  EXPECT_EQ(rows.items[0].image, "Z/deep/er/x.y.Jpg");
  EXPECT_EQ(catalogue.ImagePath(rows.items[0]), folder / "Z/deep/er/x.y.Jpg");
  EXPECT_THAT(Reasons(rows),
              ElementsAre(HasSubstr("0: sku is repeated"),
                          "0: file \"\\xff.jpg\": invalid UTF-8 at byte 1 in its name"));
  EXPECT_EQ(Catalogue::Open(folder / "folder.jpg").row_count(), 0u);
}

}  // namespace
}  // namespace csn

// --device as a user gives it, on machines with a CUDA device and without.
#include <filesystem>

#include "tests/support/shop.h"

namespace csn::test {
namespace {

using testing::HasSubstr;

std::string BuildOnDevice(const std::string& device) {
  const Shop& shop = Shop::Get();
  return fmt::format("csn_index build --catalogue {} --model {} --index idx --device {}",
                     shop.catalogue(), shop.model(), device);
}

TEST(DeviceTest, WhatEmbedsIsTold) {
  const TempDir folder;
  const ProcessResult cpu = RunCommand(BuildOnDevice("cpu"), folder.path());
  EXPECT_EQ(cpu.status, 0) << cpu.err;
  EXPECT_THAT(cpu.err, HasSubstr("embedding on cpu\n"));
  const ProcessResult chosen = RunCommand(BuildOnDevice("auto"), folder.path());
  EXPECT_EQ(chosen.status, 0) << chosen.err;
  // Why the processor does, or which device.
  EXPECT_THAT(chosen.err, testing::ContainsRegex("embedding on (cpu \\(.+\\)|cuda:0)"));

  const Shop& shop = Shop::Get();
  const std::string query = fmt::format(
      "csn_query --index {} --notion closure --image {}/shoes/images/SHOE-00003.png -k 1",
      shop.index(), shop.folder());
  EXPECT_THAT(RunCommand(query + " --device cpu").err, HasSubstr("embedding on cpu"));
  EXPECT_EQ(RunCommand(query).err, "");
  EXPECT_THAT(RunCommand(fmt::format("csn_eval --model {} --catalogue {} --count 100 --device cpu",
                                     shop.model(), shop.catalogue()))
                  .err,
              HasSubstr(" on cpu, measuring"));
  EXPECT_THAT(
      RunCommand(fmt::format("csn_train --catalogue {} --notion closure --steps 2 --model m.csn "
                             "--device cpu",
                             shop.catalogue()),
                 folder.path())
          .err,
      HasSubstr("training on cpu\n"));
}

TEST(DeviceTest, WhatTrainsListsIsTold) {
  const TempDir folder;
  const ProcessResult chosen =
      RunCommand(BuildOnDevice("auto") + " --index-key IVF4,Flat", folder.path());
  EXPECT_EQ(chosen.status, 0) << chosen.err;
  EXPECT_THAT(chosen.err, testing::ContainsRegex("training indexes on (cpu \\(.+\\)|cuda:0)"));
  // Nothing else has to be trained.
  EXPECT_EQ(RunCommand(BuildOnDevice("auto"), folder.path()).err.find("training indexes"),
            std::string::npos);
  const std::string bench =
      "csn_bench --synthetic clusters --rows 300 --notions 1 --dims 4 --peer none --seconds 0.01 "
      "--queries 5 --index-key IVF4,Flat --device ";
  EXPECT_THAT(RunCommand(bench + "cpu", folder.path()).err, HasSubstr("training indexes on cpu\n"));
  ExpectError(bench + "cuda:99", 1, "device cuda:99: cannot be used for indexes: ", folder.path());
}

TEST(DeviceTest, OneThatIsNotThereIsAnError) {
  const TempDir folder;
  for (const char* program : {"csn_train --notion closure --catalogue c.csv --model m.csn",
                              "csn_eval --catalogue c.csv --model m.csn",
                              "csn_index build --catalogue c.csv --model m.csn --index idx",
                              "csn_query --index idx --sku A --notion closure"}) {
    ExpectError(fmt::format("{} --device gpu", program), 2,
                "device: expected auto, cpu, cuda or cuda:N, got 'gpu'", folder.path());
  }
  if (RunCommand(BuildOnDevice("auto"), folder.path()).err.find("on cuda:") != std::string::npos) {
    GTEST_SKIP() << "there is a CUDA device";
  }
  std::filesystem::remove_all(folder / "idx");
  ExpectError(BuildOnDevice("cuda"), 1, "device cuda:0: cannot be used: ", folder.path());
  EXPECT_FALSE(std::filesystem::exists(folder / "idx/CURRENT"));
  const Shop& shop = Shop::Get();
  ExpectError(fmt::format("csn_query --index {} --notion closure --device cuda:1 --image "
                          "{}/shoes/images/SHOE-00003.png",
                          shop.index(), shop.folder()),
              1, "device cuda:1: cannot be used: ");
  ExpectError(fmt::format("csn_train --catalogue {} --notion closure --steps 2 --model m.csn "
                          "--device cuda",
                          shop.catalogue()),
              1, "device cuda:0: cannot be used: ", folder.path());
}

}  // namespace
}  // namespace csn::test

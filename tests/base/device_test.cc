#include "base/device.h"

#include "tests/support/test_support.h"

namespace csn {
namespace {

using test::ThrowsError;

TEST(Device, IsReadAndNamed) {
  EXPECT_EQ(ParseDevice("auto"), Device{});
  EXPECT_EQ(ParseDevice("cpu").kind, Device::Kind::kCpu);
  EXPECT_EQ(ParseDevice("cuda"), (Device{.kind = Device::Kind::kCuda, .index = 0}));
  EXPECT_EQ(ParseDevice("cuda:3"), (Device{.kind = Device::Kind::kCuda, .index = 3}));
  for (const char* name : {"auto", "cpu", "cuda:0", "cuda:12"}) {
    EXPECT_EQ(DeviceName(ParseDevice(name)), name);
  }
}

TEST(Device, OthersAreRefused) {
  for (const char* text : {"", "gpu", "CPU", "cuda:", "cuda:x", "cuda:-1", "cuda:1 ", "cuda:99999",
                           "cuda:99999999999", "cuda1", " auto"}) {
    EXPECT_THAT([&] { ParseDevice(text); },
                ThrowsError(ErrorCode::kInvalidArgument, fmt::format("cuda:N, got '{}'", text)));
  }
}

}  // namespace
}  // namespace csn

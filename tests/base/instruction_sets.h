// Tests that run once for every instruction set of this machine.
#pragma once

#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <string>

namespace csn::test {

// TEST_P's of it use the set that is their parameter, and no other.
class EachInstructionSet : public testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { Choose(GetParam()); }
  void TearDown() override { Choose(0); }

 private:
  // Which instructions are used from now on; 0: as the machine has them.
  static void Choose(int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

inline auto InstructionSets() { return testing::ValuesIn(hwy::SupportedAndGeneratedTargets()); }

inline std::string InstructionSetName(const testing::TestParamInfo<int64_t>& info) {
  return hwy::TargetName(info.param);
}

}  // namespace csn::test

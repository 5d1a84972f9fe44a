#include "app/pbx_facts.hpp"

#include <gtest/gtest.h>

namespace arigate::app {
namespace {

TEST(PbxFacts, TellWhichReleasesTakeDigitsForACaller) {
  for (const auto* version :
       {"13.30.0", "13.38.3", "16.7.0", "16.28.0~dfsg-0+deb11u4", "17.1.0", "18.0.0", "20.15.1",
        "22.10.1", "certified/16.8-cert14", "certified/20.7-cert2", "GIT-master-1a2b3c", ""}) {
    EXPECT_TRUE(receives_digits(version)) << version;
  }
  for (const auto* version :
       {"12.8.2", "13.0.0", "13.29.2", "14.7.8", "15.7.4", "16.2.1~dfsg-1+deb10u2", "16.6.2",
        "17.0.1", "certified/13.21-cert6"}) {
    EXPECT_FALSE(receives_digits(version)) << version;
  }
}

}  // namespace
}  // namespace arigate::app

// What changes between the opening of a WebSocket and the requests that come over it.
#include <string>
#include <string_view>

#include "integration/gateway_fixture.hpp"
#include "support/temp_folder.hpp"

namespace arigate::test {
namespace {

class RestOverWebSocketTest : public GatewayFixture {
 protected:
  static boost::json::value ask_over(EventClient& client, std::string_view method,
                                     std::string_view uri) {
    client.send_json({{"type", "RESTRequest"}, {"method", method}, {"uri", uri}});
    return client.next("RESTResponse");
  }
  static std::int64_t status_over(EventClient& client, std::string_view method,
                                  std::string_view uri) {
    const auto answer = ask_over(client, method, uri);
    return answer.is_object() ? answer.at("status_code").as_int64() : 0;
  }
};

TEST_F(RestOverWebSocketTest, TheRightsAreThoseThatTheUserHasByThen) {
  start(sim::Version::asterisk_16);
  EventClient app{port(), "app=app"};
  const auto read = [&] { return status_over(app, "GET", "asterisk/variable?variable=A"); };
  const auto write = [&] { return status_over(app, "POST", "asterisk/variable?variable=A"); };
  EXPECT_EQ(write(), 204);
  config_.users.front().read_only = true;
  reconfigure();
  EXPECT_EQ(read(), 200);
  EXPECT_EQ(write(), 403);
  config_.users.front().read_only = false;
  reconfigure();
  EXPECT_EQ(write(), 204);
  config_.users.front().password = Secret{"another"};
  reconfigure();
  EXPECT_EQ(read(), 401);
  EXPECT_EQ(write(), 401);
  config_.users.erase(config_.users.begin());
  reconfigure();
  EXPECT_EQ(read(), 401);
  EXPECT_EQ(status_over(app, "GET", "asterisk/variable?variable=A&api_key=reader:p"), 200);
}

TEST_F(RestOverWebSocketTest, AFileIsNotForAMessage) {
  const TempFolder folder;
  folder.write("a.wav", "abc");
  config_.recordings.directory = folder.path().string();
  start(sim::Version::asterisk_16);
  EventClient app{port(), "app=app"};
  const auto answer = ask_over(app, "GET", "recordings/stored/a/file");
  ASSERT_TRUE(answer.is_object());
  EXPECT_EQ(answer.at("status_code").as_int64(), 406);
  EXPECT_EQ(answer.at("reason_phrase").as_string(), "Not Acceptable.  Use HTTP GET");
  EXPECT_FALSE(answer.as_object().contains("message_body"));
  EXPECT_EQ(status_over(app, "GET", "recordings/stored/b/file"), 404);
}

}  // namespace
}  // namespace arigate::test

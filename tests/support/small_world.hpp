#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/reconciler.hpp"
#include "model/store.hpp"
#include "ops/world.hpp"
#include "support/fake_ami_port.hpp"
#include "support/fake_clock.hpp"
#include "support/pbx_text.hpp"
#include "support/recording_sink.hpp"

namespace arigate::test {

/// Which applications take calls: those that a test names.
class FakeApplications : public ops::ApplicationPort {
 public:
  std::set<std::string> names{"app"};
  std::vector<std::string> followed;

  bool active(const AppName& application) const override {
    return names.contains(application.value);
  }
  void follow_when_dialled(const AppName& application, const ChannelId& channel) override {
    followed.push_back(application.value + " " + channel.value);
  }
  void follow(const AppName& application, const ChannelId& channel) override {
    followed.push_back(application.value + " now " + channel.value);
  }
  void forget(const ChannelId& channel) override { followed.push_back("- " + channel.value); }
};

/// What operations work with, between a fake PBX and a recording of all changes. The clock of a
/// SmallWorld starts long before now, so every deadline that an operation sets has passed; after
/// wait_for_ever() none does.
class SmallWorld {
 public:
  explicit SmallWorld(std::string_view ami_version = "1.3") : ami{ami_version} {
    sink.pass_to(watches);
    reconciler.use(ami.dialect());
    world.spawn = [this](boost::asio::awaitable<void> work) {
      boost::asio::co_spawn(context, std::move(work), [](const std::exception_ptr& thrown) {
        if (thrown) std::rethrow_exception(thrown);
      });
    };
  }

  /// The PBX is of another version.
  void use(std::string_view ami_version) {
    ami.use(ami_version);
    reconciler.use(ami.dialect());
  }

  void wait_for_ever() {
    clock.advance(std::chrono::steady_clock::now() + std::chrono::hours{24} - clock.now());
  }
  void deadlines_pass() { clock.advance(TimePoint{} - clock.now()); }

  /// Carries out everything that can be done now.
  void settle() {
    for (;;) {
      context.restart();
      if (context.poll() == 0) return;
    }
  }

  /// Does it on the executor's thread, as everything is done in the program, and what follows.
  template <class Work>
  void run(Work work) {
    boost::asio::post(context, std::move(work));
    settle();
  }
  /// An event of the PBX.
  void event(const std::string& text) {
    run([&] { reconciler.apply(ami_message(text), clock.wall()); });
  }

  /// Starts an operation; its outcome is there once it has ended.
  template <class T>
  std::shared_ptr<std::optional<T>> start(boost::asio::awaitable<T> operation) {
    auto outcome = std::make_shared<std::optional<T>>();
    boost::asio::co_spawn(context, std::move(operation),
                          [outcome](const std::exception_ptr& thrown, T value) {
                            if (thrown) std::rethrow_exception(thrown);
                            outcome->emplace(std::move(value));
                          });
    settle();
    return outcome;
  }

  FakeClock clock;
  boost::asio::io_context context;
  RecordingSink sink;
  model::Store store;
  model::Reconciler reconciler{store, sink, {}};
  FakeAmiPort ami;
  ops::Watches watches;
  ops::Controls controls;
  FakeApplications applications;
  int resyncs_asked = 0;
  int contexts_asked = 0;
  ops::World world{clock,
                   store,
                   reconciler,
                   ami,
                   watches,
                   controls,
                   applications,
                   [this] { ++resyncs_asked; },
                   [this] { return context_wanted(); },
                   {}};

 private:
  boost::asio::awaitable<void> context_wanted() {
    ++contexts_asked;
    co_return;
  }
};

}  // namespace arigate::test

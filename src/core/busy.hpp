#pragma once

#include <memory>
#include <utility>

namespace arigate {

/// Whether somebody is at a work that is done by one at a time.
class Busy {
 public:
  /// Held by who does the work; its end, however that comes, is the end of the work. It may outlive
  /// the Busy: a coroutine that was still waiting at the end goes with the executor.
  class Work {
   public:
    explicit Work(std::shared_ptr<bool> busy) : busy_{std::move(busy)} {}
    Work(Work&& other) noexcept = default;
    Work& operator=(Work&&) = delete;
    ~Work() {
      if (busy_) *busy_ = false;
    }
    /// False: another is at it already.
    explicit operator bool() const { return busy_ != nullptr; }

   private:
    std::shared_ptr<bool> busy_;
  };

  Work begin() { return Work{std::exchange(*busy_, true) ? nullptr : busy_}; }
  explicit operator bool() const { return *busy_; }

 private:
  std::shared_ptr<bool> busy_ = std::make_shared<bool>(false);
};

}  // namespace arigate

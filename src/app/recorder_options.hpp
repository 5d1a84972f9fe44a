#pragma once

#include "arigate/config.hpp"
#include "io/recorder.hpp"

namespace arigate::app {

inline io::RecorderOptions recorder_options(const CaptureConfig& config) {
  io::RecorderOptions options;
  options.file = config.file;
  options.mask_numbers = config.mask_numbers;
  options.queue_bytes_max = config.queue_bytes_max;
  if (config.file_bytes_max > 0) options.rotation.bytes_max = config.file_bytes_max;
  if (config.file_age_max.count() > 0) options.rotation.age_max = config.file_age_max;
  options.rotation.files_max = config.files_max;
  return options;
}

}  // namespace arigate::app

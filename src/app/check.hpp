#pragma once

#include <filesystem>

namespace arigate::app {

/// `arigate check`: prints a table of what is there and what is missing; returns the exit code.
int check_command(const std::filesystem::path& file);

}  // namespace arigate::app

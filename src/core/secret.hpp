#pragma once

// Config, which embedders fill in, holds secrets; so the class itself is in the public headers.
#include "arigate/secret.hpp"  // IWYU pragma: export

#pragma once

#include <cstdio>
#include <cstdlib>

/// Checks our own invariants, in release builds too. Never used on bytes from outside.
#define ARIGATE_ASSERT(condition)                                                         \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: broken invariant: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

#!/usr/bin/env python3
"""Shows that tools/check_layers.py finds what it is there for, and nothing else."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# File, its text, and what must be found in it ("" = nothing).
CASES = [
    ("src/ami/a.cpp", '#include <string>\n#include "ami/a.hpp"\n#include "core/result.hpp"\n', ""),
    ("src/ami/a.cpp", '\n#include "model/store.hpp"\n', "src/ami/a.cpp:2: ami must not include model"),
    ("src/ami/a.cpp", "#include <boost/asio.hpp>\n", "ami must not include <boost/asio.hpp>"),
    ("src/ops/a.hpp", "#include <boost/asio/awaitable.hpp>\n", ""),
    ("src/ops/a.hpp", "#include <boost/asio/steady_timer.hpp>\n", "ops must not include"),
    ("src/ari/a.cpp", '#include "ami/event.hpp"\n', "ari must not include ami"),
    ("src/io/a.cpp", '#include <boost/asio.hpp>\n#include "ari/router.hpp"\n', ""),
    ("src/io/a.cpp", '#include "app/gateway.hpp"\n', "io must not include app"),
    ("src/sim/a.cpp", '#include "model/store.hpp"\n', "sim must not include model"),
    ("src/io/a.cpp", '#include "sim/pbx.hpp"\n', "io must not include sim"),
    ("src/io/a.cpp", '#include "a.hpp"\n', "includes of ours start at src/"),
    ("src/core/a.hpp", '#include "arigate/secret.hpp"\n', ""),
    ("src/io/a.hpp", '#include "arigate/gateway.hpp"\n', "io must not include arigate/gateway.hpp"),
    ("src/trace/a.cpp", '#include <zlib.h>\n#include "core/result.hpp"\n', ""),
    ("src/trace/a.cpp", '#include "ami/message.hpp"\n', "trace must not include ami"),
    ("src/odd/a.cpp", "", "odd is no layer"),
    ("src/model/a.cpp", "auto t = std::chrono::steady_clock::now();\n", "model must not use steady_clock::now"),
    ("src/model/a.cpp", "// steady_clock::now() is not for us\n", ""),
    ("src/model/a.cpp", "/* a\n b */ auto t = std::chrono::system_clock::now();\n", "src/model/a.cpp:2: model must not use"),
    ("src/ari/a.cpp", "#include <sys/socket.h>\n", "it has no clock and no socket"),
    ("src/io/a.cpp", "auto t = std::chrono::steady_clock::now();\n", ""),
    ("src/io/a.cpp", "std::mutex m;\n", "nothing is locked"),
    ("src/ami/a.cpp", 'f("Uniqueid");\n', ""),
    ("src/model/a.cpp", 'f("Uniqueid");\n', '"Uniqueid" is a name of AMI'),
    ("src/model/a.cpp", 'f("the Uniqueid of it");\n', ""),
    ("src/ari/a.cpp", 'f("caller_rdnis");\n', ""),
    ("src/ops/a.cpp", 'f("x", "caller_rdnis");\n', '"caller_rdnis" is a name of ARI'),
    ("src/ops/a.cpp", 'f(\'"\', "caller_rdnis");\n', '"caller_rdnis" is a name of ARI'),
    ("src/app/config_keys.cpp", 'f("channelvars");\n', ""),
    ("include/arigate/a.hpp", '#include "core/result.hpp"\n', "a public header must not include"),
]


class CheckLayers(unittest.TestCase):
    def run_on(self, name, text):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            models = root / "protocol/ari/models"
            models.mkdir(parents=True)
            (models / "channels.json").write_text('{"Channel": {"properties": {"caller_rdnis": {}}}}')
            path = root / name
            path.parent.mkdir(parents=True)
            path.write_text(text)
            return subprocess.run(
                [sys.executable, ROOT / "tools/check_layers.py", "--root", root],
                capture_output=True, text=True, check=False,
            )  # fmt: skip

    def test_finds_what_it_should(self):
        for name, text, finding in CASES:
            with self.subTest(name=name, text=text):
                seen = self.run_on(name, text)
                self.assertEqual(seen.returncode, 1 if finding else 0, seen.stdout + seen.stderr)
                self.assertIn(finding, seen.stdout)

    def test_an_empty_tree_is_not_fine(self):
        with tempfile.TemporaryDirectory() as folder:
            seen = subprocess.run(
                [sys.executable, ROOT / "tools/check_layers.py", "--root", folder],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            self.assertEqual(seen.returncode, 1)


if __name__ == "__main__":
    unittest.main()

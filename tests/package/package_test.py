#!/usr/bin/env python3
"""What the Debian package holds, and that it runs from where it is unpacked.

    tests/package/package_test.py PACKAGE.deb
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PACKAGE = None


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.root = pathlib.Path(cls.folder.name)
        output_of("dpkg-deb", "--raw-extract", PACKAGE, cls.root)

    def test_holds_the_program_its_configuration_service_and_documentation(self):
        files = {
            "/" + str(path.relative_to(self.root))
            for path in self.root.rglob("*")
            if path.is_file() and "DEBIAN" not in path.parts
        }
        documents = {f"/usr/share/doc/arigate/{path.name}" for path in (ROOT / "docs").iterdir()}
        self.assertEqual(files, documents | {
            "/etc/arigate/arigate.conf",
            "/usr/bin/arigate",
            "/usr/lib/systemd/system/arigate.service",
            "/usr/share/doc/arigate/README.md",
            "/usr/share/doc/arigate/arigate.conf.example",
            "/usr/share/doc/arigate/copyright",
        })  # fmt: skip

    def test_the_program_has_the_version_of_the_package(self):
        version = output_of("dpkg-deb", "--field", PACKAGE, "Version").strip()
        self.assertIn(version, output_of(self.root / "usr/bin/arigate", "--version"))

    def test_names_the_libraries_that_the_program_needs(self):
        depends = output_of("dpkg-deb", "--field", PACKAGE, "Depends")
        for library in ("libc6", "libboost-json1.81.0", "libsimdjson", "libssl3", "libzstd1"):
            self.assertRegex(depends, rf"(^|, ){re.escape(library)}")

    def test_keeps_what_the_operator_changed_in_the_configuration(self):
        conffiles = (self.root / "DEBIAN/conffiles").read_text().splitlines()
        self.assertEqual(conffiles, ["/etc/arigate/arigate.conf"])

    def test_the_service_starts_what_the_package_installs(self):
        service = (self.root / "usr/lib/systemd/system/arigate.service").read_text()
        self.assertIn("ExecStart=/usr/bin/arigate run -c /etc/arigate/arigate.conf\n", service)
        user = re.search(r"^User=(\S+)$", service, re.MULTILINE).group(1)
        postinst = (self.root / "DEBIAN/postinst").read_text()
        self.assertRegex(postinst, rf"adduser .*--system .* {user}\n")

    def test_its_scripts_are_sound(self):
        for name in ("postinst", "prerm", "postrm"):
            script = self.root / "DEBIAN" / name
            self.assertEqual(script.stat().st_mode & 0o777, 0o755, name)
            output_of("sh", "-n", script)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PACKAGE = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()

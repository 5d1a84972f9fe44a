"""Debian trees with a real Asterisk, made once and kept outside the source tree."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess

from .outcome import Skip

# The Debian release that carries the version. 16 is the last with chan_sip as its SIP channel.
SUITE = {"16": "bullseye", "22": "sid"}
# No Debian release of today carries these: who has one puts its tree below the cache directory.
WITHOUT_ARI = ("1.8", "11")
BROUGHT = WITHOUT_ARI + ("13", "18", "20")
# The measure for those without ARI: the last one with the same SIP driver. All that are brought have
# that driver, so its configuration is theirs where they have none of their own.
OLDEST_WITH_ARI = "16"

# Root's tools are not on everybody's path, not even on root's after a plain `su`.
_SEARCH_PATH = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"


def cache_directory():
    return pathlib.Path(os.environ.get("ARIGATE_LIVE_CACHE", "/var/cache/arigate"))


def chroot(version):
    """The tree of that version; makes it if it is not there. Raises Skip with the reason if it cannot."""
    if os.geteuid() != 0:
        raise Skip("needs root to enter a chroot")
    tree = cache_directory() / f"asterisk-{version}"
    if _is_complete(tree):
        return tree
    if version in BROUGHT:
        raise Skip(f"no Asterisk {version} in {tree}, and no Debian package of it")
    if shutil.which("debootstrap", path=_SEARCH_PATH) is None:
        raise Skip("debootstrap is not installed")
    with alone_with(f"asterisk-{version}"):
        if not _is_complete(tree):
            _make(version, tree)
    return tree


@contextlib.contextmanager
def alone_with(name):
    """Two PBXs at once, or two runs, must not fill the same part of the cache."""
    cache_directory().mkdir(parents=True, exist_ok=True)
    with open(cache_directory() / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_complete(tree):
    # debootstrap takes its own directory away as the last thing it does.
    return (tree / "usr/sbin/asterisk").exists() and not (tree / "debootstrap").exists()


def _make(version, tree):
    shutil.rmtree(tree, ignore_errors=True)
    log = cache_directory() / f"asterisk-{version}.log"
    command = ["debootstrap", "--variant=minbase", "--include=asterisk", SUITE[version], str(tree)]
    print(f"making {tree} (log: {log})", flush=True)
    with open(log, "wb") as out:
        status = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT,
                                env=dict(os.environ, PATH=_SEARCH_PATH)).returncode
    if status != 0 or not _is_complete(tree):
        raise Skip(f"debootstrap of {SUITE[version]} failed with status {status}, see {log}")
    for package in (tree / "var/cache/apt/archives").glob("*.deb"):
        package.unlink()


def modules_directory(tree):
    """Where Asterisk's modules are, as seen from inside the tree."""
    for found in tree.glob("usr/lib/**/asterisk/modules"):
        return "/" + str(found.relative_to(tree))
    raise Skip(f"no Asterisk modules in {tree}")

"""Counts, for each operation of ARI, how many of the compared requests were answered as natively."""

import collections
import functools
import json
import pathlib
import threading

RESOURCES = pathlib.Path(__file__).resolve().parents[3] / "protocol/ari/resources"
PASS, DIFFER, REFUSED = "pass", "differ", "refused"


class Tally:
    """What each comparison found. One that is played again replaces what it has found before."""

    def __init__(self):
        self._lock = threading.Lock()
        self._found = {}

    def add(self, version, scenario, comparison):
        counts = collections.Counter()
        for what, verdict in comparison.verdicts:
            counts[operation_of(what), verdict] += 1
        with self._lock:
            self._found[version, scenario] = counts

    def rows(self):
        """(operation, version) -> counts of the verdicts, for every operation there is."""
        rows = collections.defaultdict(collections.Counter)
        for (version, _), counts in self._found.items():
            for (operation, verdict), count in counts.items():
                if operation:
                    rows[operation, version][verdict] += count
        return rows

    def versions(self):
        return sorted({version for version, _ in self._found}, key=float)

    def table(self, whole=True):
        """The rows as Markdown; not whole: only the operations that were asked for."""
        rows, versions = self.rows(), self.versions()
        lines = ["| Operation | " + " | ".join(f"{v}: requests | pass | differ | refused" for v in versions) + " |",
                 "|---|" + "--:|" * 4 * len(versions)]
        for operation in _routes():
            name = f"{operation[0]} {operation[1]}"
            if not whole and not any((name, version) in rows for version in versions):
                continue
            cells = []
            for version in versions:
                counts = rows[name, version]
                total = sum(counts.values())
                cells += [str(total or "–")] + [str(counts[v] or "") for v in (PASS, DIFFER, REFUSED)]
            lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
        return "\n".join(lines)

    def summary(self):
        rows = self.rows()
        totals = sum(rows.values(), collections.Counter())
        return (f"{len({operation for operation, _ in rows})} of {len(_routes())} operations compared: "
                f"{sum(totals.values())} requests, {totals[PASS]} pass, {totals[DIFFER]} differ, "
                f"{totals[REFUSED]} refused")


TALLY = Tally()


def verdict_of(equal, status):
    if status == 501:
        return REFUSED
    return PASS if equal else DIFFER


def operation_of(what):
    """"POST /ari/channels/{channel}/mute" -> "POST /channels/{channelId}/mute"; None where ARI has no such route."""
    method, path = what.split(" ", 1)
    given = path.removeprefix("/ari/").split("/")
    for verb, route in _routes():
        parts = route.strip("/").split("/")
        if verb == method and len(parts) == len(given) and all(
                p == g or p.startswith("{") for p, g in zip(parts, given)):
            return f"{verb} {route}"
    return None


@functools.cache
def _routes():
    """(method, path) of each operation; of two that fit a request, the one with fewer parameters comes first."""
    found = []
    for file in sorted(RESOURCES.glob("*.json")):
        for api in json.loads(file.read_text())["apis"]:
            found += [(operation["httpMethod"], api["path"]) for operation in api["operations"]]
    return sorted(found, key=lambda route: (route[1].split("/")[1], route[1].count("{"), route[1], route[0]))


def write(path, heading):
    pathlib.Path(path).write_text(f"{heading}\n\n{TALLY.table()}\n\n{TALLY.summary()}.\n")

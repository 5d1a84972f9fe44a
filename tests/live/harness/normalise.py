"""Takes out of a recording what may differ between two runs of the same thing.

Ids become the name of what they stand for, times and ports a placeholder. Everything else stays and
is compared. A placeholder is only put where the value has the right form: a time in a wrong form
stays visible as a difference.
"""

import re
import urllib.parse

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}")
# SIP/alice-0000002a, Local/600@phones-00000003;2: the counter differs from run to run.
_NAME_COUNTER = re.compile(r"-[0-9a-f]{8}(?=(;[12])?$)|[-/]0x[0-9a-f]+$")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LOOPBACK_PORT = re.compile(r"127\.0\.0\.1:\d+")
# By which of its members an object in a list is known.
_NAMES_OF_OBJECTS = {"id", "name", "resource"}
# Measured by the PBX at the end of a call, or made up by the phone: no two calls are alike.
_VARIABLES_OF_ONE_CALL = ("RTPAUDIOQOS", "RTPVIDEOQOS", "SIPCALLID")


class Names:
    """What each id of one recording stands for. The same roles get the same names in every recording."""

    def __init__(self, lines):
        self._names = {}
        for line in lines:
            self._look_into(line.get("event"))
            self._look_into(line.get("answer"))
        self._longest_first = sorted(self._names, key=len, reverse=True)

    def __getitem__(self, identifier):
        return self._names.get(identifier, identifier)

    def put_into(self, text):
        for identifier in self._longest_first:
            text = text.replace(identifier, self._names[identifier])
        return text

    def _look_into(self, value):
        if isinstance(value, list):
            for item in value:
                self._look_into(item)
        elif isinstance(value, dict):
            if {"id", "name", "state", "dialplan"} <= value.keys():
                # The name of a snoop holds the id of its target.
                name = "Snoop" if value["name"].startswith("Snoop/") else _NAME_COUNTER.sub("", value["name"])
                name = _LOOPBACK_PORT.sub("127.0.0.1:#", name)
                self._add(value["id"], f"<channel {name}>")
            elif {"id", "bridge_class", "channels"} <= value.keys() and _UUID.fullmatch(value["id"]):
                self._add(value["id"], "<bridge>")
            elif {"id", "media_uri", "target_uri"} <= value.keys():
                self._add(value["id"], "<playback>")
            for item in value.values():
                self._look_into(item)

    def _add(self, identifier, role):
        if identifier in self._names:
            return
        count = sum(name.startswith(role[:-1]) for name in self._names.values())
        self._names[identifier] = role if count == 0 else f"{role[:-1]} #{count + 1}>"


def event(raw, names):
    """The event with placeholders."""
    masked = _mask(raw, names)
    if str(raw.get("variable", "")).startswith(_VARIABLES_OF_ONE_CALL) and "value" in raw:
        masked["value"] = "<of this call>"
    if raw.get("variable") == "BRIDGEPEER":  # Native lists a bridge's members now in this order, now in that.
        masked["value"] = ",".join(sorted(_NAME_COUNTER.sub("-#", name) for name in masked["value"].split(",")))
    if raw.get("variable") == "BRIDGEPVTCALLID" and raw["value"]:
        masked["value"] = "<Call-ID>"
    return masked


def exchange(line, names):
    """(kind of request, its parameters, status, answer) of one REST exchange."""
    method, target = line["request"].split(" ", 1)
    path, _, query = target.partition("?")
    parameters = {k: _mask(v, names) for k, v in urllib.parse.parse_qsl(query, keep_blank_values=True)}
    path = re.sub(r"<(channel|playback|bridge)[^>]*>", r"{\1}", names.put_into(urllib.parse.unquote(path)))
    return f"{method} {path}", parameters, line["status"], _mask(line["answer"], names)


def _mask(value, names, key=""):
    if isinstance(value, dict):
        return {k: _mask(v, names, k) for k, v in value.items()}
    if isinstance(value, list):
        masked = [_mask(item, names, key) for item in value]
        return _in_order(masked) if _is_set(key, masked) else masked
    if not isinstance(value, str):
        return value
    if key in ("timestamp", "creationtime") and _TIME.fullmatch(value):
        return "<time>"
    if key == "asterisk_id" and value:
        return "<asterisk_id>"
    if key == "UNICASTRTP_LOCAL_PORT" and value.isdigit():
        return "<port>"
    if key == "protocol_id" and value:
        return "<protocol_id>"
    value = names.put_into(value)
    if key in ("name", "channel"):
        value = _NAME_COUNTER.sub("-#", value)
    return _LOOPBACK_PORT.sub("127.0.0.1:<port>", value)


def _name_of(item):
    return next(str(item[name]) for name in ("id", "name", "resource") if name in item)


def _is_set(key, items):
    """Lists of objects, and of their ids, come in the order of the PBX's hash tables: no order at all."""
    return key.endswith("_ids") or key in ("channels", "device_names") or all(
        isinstance(i, dict) and i.keys() & _NAMES_OF_OBJECTS for i in items)


def _in_order(items):
    return sorted(items, key=lambda item: _name_of(item) if isinstance(item, dict) else item)

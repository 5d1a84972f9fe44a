"""The one layout of the JSON files below protocol/: what fits into a line stays on it."""

import json

WIDTH = 100


def _one_line(value):
    if isinstance(value, dict):
        if not value:
            return "{}"
        return "{ " + ", ".join(f"{_string(k)}: {_one_line(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_one_line(v) for v in value) + "]"
    return _string(value)


def _string(value):
    return json.dumps(value, ensure_ascii=False)


def _fits(text, indent, reserved):
    return indent + len(text) + reserved <= WIDTH


def _render(value, indent, reserved):
    """Text of `value` at `indent`; `reserved` columns of its first line are taken already."""
    line = _one_line(value)
    # Nested containers read badly on one line, even when they fit.
    nested = isinstance(value, (dict, list)) and any(
        isinstance(v, (dict, list)) and v and not _is_plain_list(v)
        for v in (value.values() if isinstance(value, dict) else value))
    if not isinstance(value, (dict, list)) or not value:
        return line
    if not nested and _fits(line, indent, reserved):
        return line
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        if not any(isinstance(v, (dict, list)) for v in value.values()):
            words = [f"{_string(k)}: {_string(v)}" for k, v in value.items()]
            filled = _filled(words, pad, len(" }") + 1)
            return "{ " + filled[len(pad):] + " }"
        parts = []
        for key, member in value.items():
            head = f"{_string(key)}: "
            parts.append(pad + head + _render(member, indent + 2, len(head) + 1))
        return "{\n" + ",\n".join(parts) + "\n" + " " * indent + "}"
    if _is_plain_list(value):
        return "[\n" + _filled([_string(v) for v in value], pad, 0) + "\n" + " " * indent + "]"
    parts = [pad + _render(member, indent + 2, 1) for member in value]
    return "[\n" + ",\n".join(parts) + "\n" + " " * indent + "]"


def _is_plain_list(value):
    return isinstance(value, list) and not any(isinstance(v, (dict, list)) for v in value)


def _filled(words, pad, reserved):
    """Comma-separated words, as many to a line as fit; the last line keeps `reserved` columns."""
    lines, line = [], pad
    for index, word in enumerate(words):
        last = index + 1 == len(words)
        word += "" if last else ","
        room = WIDTH - (reserved if last else 0)
        if line != pad and len(line) + 1 + len(word) > room:
            lines.append(line)
            line = pad
        line += word if line == pad else " " + word
    return "\n".join([*lines, line])


def dumps(value):
    return _render(value, 0, 0) + "\n"

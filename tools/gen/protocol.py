"""Reads the definitions below protocol/ into plain dictionaries."""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROTOCOL = ROOT / "protocol"


def load(path):
    with open(PROTOCOL / path, encoding="utf-8") as file:
        return json.load(file)


def snake(name):
    """deviceStates -> device_states, sendDTMF -> send_dtmf."""
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name).lower()


def index():
    """What resources.json lists: the declarations, in the order in which they are served."""
    return load("ari/resources.json")


def declarations():
    """Name -> declaration, sorted by name; this order numbers the operations."""
    return {name: load(f"ari/resources/{name}.json") for name in sorted(index()["resources"])}


def models():
    """Name -> model, of models/ and events/ together; a name is defined once."""
    found = {}
    for folder in ("models", "events"):
        for path in sorted((PROTOCOL / "ari" / folder).glob("*.json")):
            for name, model in load(path.relative_to(PROTOCOL)).items():
                if name in found:
                    raise ValueError(f"{path}: model {name} is defined twice")
                found[name] = model
    return found


def operations():
    """(enumerator, resource, path, operation) of every operation, in the order of Operation."""
    found = []
    for resource, declaration in declarations().items():
        for api in declaration["apis"]:
            for operation in api["operations"]:
                enumerator = f"{snake(resource)}_{snake(operation['nickname'])}"
                found.append((enumerator, resource, api["path"], operation))
    names = [enumerator for enumerator, *_ in found]
    if len(set(names)) != len(names):
        raise ValueError("two operations have one name")
    return found

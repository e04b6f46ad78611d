"""Dashboards by the models of Grafana's own SDK: a field that they do not know is lost in them, so it is found by
what is missing after a round trip; types are those that the models declare."""

import enum
import inspect
import json
import types
import typing

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.cog.runtime import panelcfg_config
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import units

from . import files

register_default_plugins()
UNITS = {value for name, value in vars(units).items() if name[0].isupper() and isinstance(value, str)}
# Grafana's names of what a table can do with its rows; the SDK has no list.
TRANSFORMATIONS = {"merge", "organize", "sortBy", "joinByField", "filterFieldsByName", "calculateField"}


def check(tree):
    for name, content in files.dashboards(tree):
        for panel in files.panels(content):
            check_panel(tree, name, panel)
        try:
            decoded = model.Dashboard.from_json(content)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            tree.fault(name, f"is no dashboard: {type(error).__name__} {error}")
            continue
        for panel in decoded_panels(decoded.panels or []):
            # The SDK hands these through as they are.
            panel.links = decoded_list(model.DashboardLink, panel.links)
            panel.transformations = decoded_list(model.DataTransformerConfig, panel.transformations)
        kept = json.loads(json.dumps(decoded, cls=JSONEncoder))
        for path in lost(content, kept):
            tree.fault(name, f"Grafana knows no {path}")
        for fault in mistyped(decoded, ""):
            tree.fault(name, fault)


def check_panel(tree, name, panel):
    title = panel.get("title")
    if panel.get("type") != "row" and panelcfg_config(panel.get("type", "")) is None:
        tree.fault(name, f"{title}: there is no panel of type {panel.get('type')}")
    settings = panel.get("fieldConfig", {})
    chosen = [settings.get("defaults", {}).get("unit")]
    for override in settings.get("overrides", []):
        for entry in override.get("properties", []):
            if entry.get("id") == "unit":
                chosen.append(entry.get("value"))
    for unit in chosen:
        if unit is not None and unit not in UNITS:
            tree.fault(name, f"{title}: there is no unit {unit}")
    for entry in panel.get("transformations", []):
        if entry.get("id") not in TRANSFORMATIONS:
            tree.fault(name, f"{title}: no transformation {entry.get('id')} is known here")


def decoded_panels(panels):
    """All but the rows, and what is in those."""
    for panel in panels:
        if isinstance(panel, model.RowPanel):
            yield from panel.panels or []
        else:
            yield panel


def decoded_list(kind, entries):
    return entries if entries is None else [kind.from_json(entry) for entry in entries]


def lost(given, kept, path=""):
    """The paths of what is not there any more, or is another."""
    if isinstance(given, dict) and isinstance(kept, dict):
        for key, value in given.items():
            below = f"{path}.{key}".lstrip(".")
            if key not in kept:
                yield below
            else:
                yield from lost(value, kept[key], below)
    elif isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        for number, (one, other) in enumerate(zip(given, kept)):
            yield from lost(one, other, f"{path}[{number}]")
    elif given != kept:
        yield f"{path} = {given}"


def mistyped(value, path):
    """What of a decoded object, and of all below it, has another type than its class declares."""
    if isinstance(value, (list, tuple)):
        for number, one in enumerate(value):
            yield from mistyped(one, f"{path}[{number}]")
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from mistyped(one, f"{path}.{key}".lstrip("."))
    elif hasattr(value, "to_json") and not inspect.isclass(value):
        declared = typing.get_type_hints(type(value).__init__)
        for key, one in vars(value).items():
            below = f"{path}.{key.removesuffix('_val')}".lstrip(".")
            if key in declared and not fits(one, declared[key]):
                yield f"{below} is {one!r}, not {readable(declared[key])}"
            yield from mistyped(one, below)


def fits(value, declared):
    origin, parts = typing.get_origin(declared), typing.get_args(declared)
    if declared in (object, typing.Any):
        return True
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, part) for part in parts)
    if origin is typing.Literal:
        return value in parts
    if origin is list:
        return isinstance(value, list) and all(fits(one, parts[0]) for one in value)
    if origin is dict:
        return isinstance(value, dict) and all(fits(one, parts[1]) for one in value.values())
    if declared is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if declared is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if inspect.isclass(declared) and issubclass(declared, enum.Enum):
        # The SDK leaves them as they were in the file.
        return value in [member.value for member in declared]
    return isinstance(value, declared)


def readable(declared):
    return getattr(declared, "__name__", str(declared)).replace("typing.", "")

"""A dialplan as values, from the files or from a running Asterisk, and which numbers it matches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ccgateway.conffile import ConfFile, Place

OURS = "ccg-"
"""How the names of our contexts begin."""

_STEP = re.compile(r"(?P<application>\w+)\s*(?:\((?P<data>.*)\))?\s*", re.DOTALL)
_SETS = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]"}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of an extension; ``place`` where it stands in a file."""

    extension: str
    application: str
    data: str
    place: Place | None = None


@dataclass(slots=True)
class Context:
    """A context: its lines in order, and the contexts that it includes."""

    name: str
    steps: list[Step] = field(default_factory=list)
    includes: list[str] = field(default_factory=list)
    include_places: dict[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dialplan:
    """Contexts by name; those of one name are one."""

    contexts: Mapping[str, Context]

    @classmethod
    def of_file(cls, file: ConfFile) -> Dialplan:
        """As extensions.conf with all its includes writes it."""
        contexts: dict[str, Context] = {}
        for section in file.sections:
            if section.template or section.name in ("general", "globals"):
                continue
            context = contexts.setdefault(section.name, Context(section.name))
            extension = ""
            for setting in section.settings:
                key = setting.key.lower()
                if key == "include":
                    included = setting.value.partition(",")[0].strip()
                    context.includes.append(included)
                    context.include_places[included] = setting.place
                elif key in ("exten", "same"):
                    value = setting.value
                    if key == "exten":
                        extension, _, value = (part.strip() for part in value.partition(","))
                    _, _, application = value.partition(",")
                    if found := _STEP.fullmatch(application.strip()):
                        step = Step(extension, found[1], found[2] or "", setting.place)
                        context.steps.append(step)
        return cls(contexts)

    @classmethod
    def of_events(cls, events: Iterable[Mapping[str, str]]) -> Dialplan:
        """As the events of the AMI action ShowDialPlan tell it."""
        contexts: dict[str, Context] = {}
        for event in events:
            name = event.get("Context", "")
            context = contexts.setdefault(name, Context(name))
            if included := event.get("IncludeContext"):
                context.includes.append(included)
            if extension := event.get("Extension"):
                step = Step(extension, event.get("Application", ""), event.get("AppData", ""))
                context.steps.append(step)
        return cls(contexts)

    def within(self, name: str, number: str = "") -> list[str]:
        """The context and all that it includes, in the order in which Asterisk looks; for a
        ``number`` up to the one that has it, for no other is asked then."""
        found: list[str] = []
        ahead = [name]
        while ahead:
            here = ahead.pop(0)
            if here in found:
                continue
            found.append(here)
            if context := self.contexts.get(here):
                if number and any(matches(step.extension, number) for step in context.steps):
                    break
                ahead = [*context.includes, *ahead]
        return found

    def theirs(self) -> Iterator[tuple[str, Step]]:
        """The lines of all contexts that are not ours, each with its context's name."""
        for context in self.contexts.values():
            if not context.name.startswith(OURS):
                for step in context.steps:
                    yield context.name, step


def matches(extension: str, number: str) -> bool:
    """Whether an extension, literal or a ``_`` pattern, takes a dialled number. ``_X.`` takes one
    digit and at least one character more, ``_X!`` any number more."""
    extension = extension.partition("/")[0]  # what follows matches the caller's number
    if not extension.startswith("_"):
        return extension == number
    return re.fullmatch(_regex(extension[1:].replace("-", "\0")), number) is not None


def _regex(pattern: str) -> str:
    text, position = "", 0
    while position < len(pattern):
        letter = pattern[position]
        end = pattern.find("]", position)
        if letter == "[" and end > position:
            text += f"[{re.escape(pattern[position + 1 : end]).replace(chr(0), '-')}]"
            position = end
        elif letter in ".!":
            return text + (".+" if letter == "." else ".*")
        elif letter != "\0":  # a hyphen outside brackets is there for people
            text += _SETS.get(letter.upper(), re.escape(letter))
        position += 1
    return text

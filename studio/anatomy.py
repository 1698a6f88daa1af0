"""What a family says of the inside of its networks: where adapters attach, which blocks work one after the other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Anchors:
    """Where adapters attach to a model, by the module names peft matches against.

    `attention` is the usual small choice; `all` is every layer of weight; `keep` are modules that are new or whose
    state changes in training, so they are trained and saved whole beside an adapter. Factors stand on what the
    `outgoing` layers say and on what the `incoming` ones read. `wide` are the two layers of a block that work on one
    token at a time, by their names within it, and the field of the config that says how wide they are; or nothing.
    """

    attention: tuple[str, ...]
    all: tuple[str, ...]
    keep: tuple[str, ...]
    outgoing: tuple[str, ...]
    incoming: tuple[str, ...]
    wide: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spine:
    """The modules of a network that hand one thing through from input to output, by name.

    `stem` comes before the `blocks`; `shared` are modules or parameters that every block reads.
    """

    stem: tuple[str, ...]
    blocks: tuple[str, ...]
    shared: tuple[str, ...] = ()

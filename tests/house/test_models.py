"""What no linter sees about tables: their names are words of the trade, their keys point downstairs."""

from __future__ import annotations

import tomllib
from pathlib import Path

from django.apps import apps
from django.db.models import ForeignKey, ManyToManyField, Model, OneToOneField

ROOT = Path(__file__).resolve().parents[2]


def floors() -> dict[str, int]:
    """Number the floors from the ground up."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = (c["layers"] for c in project["tool"]["importlinter"]["contracts"] if c["name"].startswith("Floors"))
    return {name.strip(): height for height, layer in enumerate(reversed(layers)) for name in layer.split("|")}


def ours() -> list[type[Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("tocsin.")]


def test_there_are_tables() -> None:
    assert {"Organization", "Finding", "Notice"} <= {model.__name__ for model in ours()}


def test_every_table_is_named_by_a_word_of_the_glossary() -> None:
    words = (ROOT / "docs" / "reference" / "words.md").read_text(encoding="utf-8")
    assert [model.__name__ for model in ours() if f"`{model.__name__}`" not in words] == []


def test_foreign_keys_point_downstairs() -> None:
    height = floors()
    upstairs = []
    for model in ours():
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey | OneToOneField | ManyToManyField) and isinstance(
                field.related_model, type
            ):
                here, there = (m.__module__.split(".") for m in (model, field.related_model))
                if there[0] == "tocsin" and height[there[1]] > height[here[1]]:
                    upstairs.append(f"{model.__name__}.{field.name} -> {field.related_model.__name__}")
    assert upstairs == []

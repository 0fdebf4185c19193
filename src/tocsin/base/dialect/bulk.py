"""Frames into tables: many rows at once, without an object of their own each.

A frame is put into a temporary table that has the types of its model's columns; one statement then
takes all rows from there. Row by row, a million findings took five minutes; so, they take seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import polars as pl
from django.db import connection, models
from django.db.models.functions import Cast

from tocsin.pipeline import objects

PORTION = 50_000
"""Rows that are Python objects at the same time, on their way into SQLite."""


@contextmanager
def staged(model: type[models.Model], frame: pl.DataFrame) -> Iterator[str]:
    """Hold the rows of `frame`, named by the model's columns, in a temporary table; yield its quoted name.

    Columns of the model that the frame lacks are there too, with the field's default. Identifiers are hex digits.
    Call it inside a transaction: on PostgreSQL the table lives no longer than that.
    """
    frame = _with_defaults(model, frame).select(pl.all().map_batches(_storable))
    fields = {str(field.column): field for field in model._meta.concrete_fields}  # noqa: SLF001 - Django's public-by-use API
    with _temporary({name: fields[name] for name in frame.columns}) as name:
        if connection.vendor == "postgresql":
            columns = ", ".join(map(connection.ops.quote_name, frame.columns))
            with (
                connection.cursor() as cursor,
                cursor.copy(f"COPY {name} ({columns}) FROM STDIN (FORMAT csv)") as copy,
            ):
                for part in frame.iter_slices(PORTION):
                    copy.write(part.write_csv(include_header=False, quote_style="non_numeric").encode())
        else:
            row = f"INSERT INTO {name} VALUES ({', '.join(['?'] * frame.width)})"
            for part in frame.iter_slices(PORTION):
                connection.connection.executemany(row, part.rows())
        yield name


@contextmanager
def held(rows: Iterable[Sequence[Any]], fields: Mapping[str, models.Field[Any, Any]]) -> Iterator[str]:
    """Hold rows of Python's values, in the order of `fields`, in a temporary table of their types; yield its quoted name.

    For thousands, not millions: no frame is made, so that a process without Polars' threads can do it.
    """
    written = fields.values()
    values = [
        [field.get_db_prep_save(value, connection) for field, value in zip(written, row, strict=True)] for row in rows
    ]
    with _temporary(fields) as name:
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {name} VALUES ({', '.join(['%s'] * len(fields))})", values)
        yield name


@contextmanager
def _temporary(fields: Mapping[str, models.Field[Any, Any]]) -> Iterator[str]:
    """Make an empty temporary table with columns of these names and types."""
    assert connection.in_atomic_block
    name = connection.ops.quote_name(f"staged_{uuid4().hex[:12]}")
    columns = (f"{connection.ops.quote_name(column)} {field.db_type(connection)}" for column, field in fields.items())
    end = " ON COMMIT DROP" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {name} ({', '.join(columns)}){end}")
    try:
        yield name
    finally:
        if connection.vendor != "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"DROP TABLE IF EXISTS {name}")  # a full disk takes it away, and says why itself


def read(rows: models.QuerySet[Any], columns: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Return columns of a query as a frame of these types, without an object of Django's for each value."""
    asked = [_as_text(name) if _comes_as_text(dtype) else name for name, dtype in columns.items()]
    sql, parameters = rows.values_list(*asked).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        values = list(zip(*cursor.fetchall(), strict=True)) or [()] * len(columns)
    return pl.DataFrame([_series(name, part, columns[name]) for name, part in zip(columns, values, strict=True)])


def _comes_as_text(dtype: pl.DataType) -> bool:
    """Return whether it is an instant, and SQLite keeps those as texts, in UTC; its driver would parse each by itself."""
    return isinstance(dtype, pl.Datetime) and connection.vendor == "sqlite"


def _as_text(name: str) -> Cast:
    return Cast(name, models.TextField())


def _series(name: str, values: Sequence[Any], dtype: pl.DataType) -> pl.Series:
    if isinstance(dtype, pl.Datetime) and _comes_as_text(dtype):
        texts = pl.Series(name, values, dtype=pl.String)
        return texts.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit=dtype.time_unit, time_zone=dtype.time_zone)
    return pl.Series(name, values, dtype=dtype)


def upsert(model: type[models.Model], rows: str, *, unique: Sequence[str], update: str) -> None:
    """Insert all rows of a staged table; where `unique` is taken, run the SQL `update` (`old` and `excluded` name the two)."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {rows} WHERE 1 = 0")
        columns = ", ".join(quote(column[0]) for column in cursor.description)
        # WHERE TRUE: without it SQLite reads ON as the condition of a join.
        cursor.execute(
            f"INSERT INTO {quote(model._meta.db_table)} AS old ({columns}) SELECT {columns} FROM {rows} WHERE TRUE"  # noqa: SLF001
            f" ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {update}"
        )


def update(model: type[models.Model], rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write these fields of rows that exist: one statement run many times, where Django would write out a CASE for each row."""
    meta = model._meta  # noqa: SLF001 - Django's public-by-use API
    known = {field.name: field for field in meta.concrete_fields}
    written = [*(known[name] for name in fields), next(field for field in meta.concrete_fields if field.primary_key)]
    names = [connection.ops.quote_name(str(field.column)) for field in written]
    sets = ", ".join(f"{name} = %s" for name in names[:-1])
    values = [[field.get_db_prep_save(getattr(row, field.attname), connection) for field in written] for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {connection.ops.quote_name(meta.db_table)} SET {sets} WHERE {names[-1]} = %s", values
        )


def _with_defaults(model: type[models.Model], frame: pl.DataFrame) -> pl.DataFrame:
    missing = [
        pl.lit(field.get_db_prep_save(field.get_default(), connection)).alias(field.column)
        for field in model._meta.concrete_fields  # noqa: SLF001
        if field.column and field.column not in frame.columns and field.has_default()
    ]
    return frame.with_columns(missing)


def _storable(column: pl.Series) -> pl.Series:
    """Write instants as both databases read them (and Django writes them), lists as JSON, texts without NUL."""
    match column.dtype:
        case pl.Datetime():
            plain = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None).cast(pl.String)
            return plain.str.strip_suffix(".000000")
        case pl.List():
            return objects.arrays(column)
        case pl.String() if column.str.contains("\0", literal=True).any():
            return column.str.replace_all("\0", "", literal=True)  # PostgreSQL refuses it
    return column

"""The conversions that Shadowserver's published schema names, as expressions over columns of text.

A value that a conversion cannot read is null; an unknown conversion leaves the text as it is.
"""

from __future__ import annotations

import polars as pl

from tocsin.core import severity, taxonomy
from tocsin.feeds.shadowserver.plan import Take
from tocsin.pipeline.chunk import SCHEMA

_NUMBERS = {"convert_int", "invalidate_zero", "convert_float"}
_INTEGER = r"^-?(0|[1-9]\d{0,17})$"
_FLOAT = r"^-?(0|[1-9]\d{0,17})(\.\d{1,18})?$"
_YES, _NO = ("y", "yes", "true", "1", "enabled", "t"), ("n", "no", "false", "0", "disabled", "f")
_LOWER = {"malware_name", "protocol_transport", "protocol_application", "classification_identifier"}


def text(take: Take, names: list[str]) -> pl.Expr:
    """Return the converted text of the column; empty is null."""
    column = pl.col(take.column)
    value = pl.when(column != "").then(column)
    match take.conversion:
        case "validate_to_none":
            return pl.when(~column.is_in(["", "0", "unknown"])).then(column)
        case "invalidate_zero":
            return pl.when(~column.is_in(["", "0"])).then(column)
        case "validate_ip":
            return pl.when(~column.is_in(["", "0.0.0.0", "::"])).then(column)  # noqa: S104 - a placeholder, not a bind
        case "validate_fqdn":
            return pl.when(column.str.contains(r"^[^\s/:@]+\.[^\s/:@.]*[^\s/:@.\d][^\s/:@.]*\.?$")).then(column)
        case "extract_cve_from_tag":
            found = column.str.to_uppercase().str.extract_all(r"CVE-\d{4}-\d+")
            return pl.when(found.list.len() > 0).then(found.list.unique(maintain_order=True).list.join(";"))
        case "convert_http_host_and_url":
            return _address_of_page(value, names)
        case "category_or_detail":
            detail = pl.col("detail") if "detail" in names else pl.lit(None, dtype=pl.String)
            return pl.coalesce(pl.when(column != "").then(column), pl.when(detail != "").then(detail))
        case "scan_exchange_type":
            return pl.when(_webshell(column)).then(pl.lit("system-compromise")).otherwise(pl.lit("vulnerable-system"))
        case "scan_exchange_identifier":
            names_ = (pl.lit("exchange-server-webshell"), pl.lit("vulnerable-exchange-server"))
            return pl.when(_webshell(column)).then(names_[0]).otherwise(names_[1])
        case _:
            return value


def _webshell(column: pl.Expr) -> pl.Expr:
    return column.str.to_lowercase().str.contains("webshell", literal=True)


def _address_of_page(url: pl.Expr, names: list[str]) -> pl.Expr:
    """Return a whole URL, put together from host and path where the column holds only the path; else null."""
    host = next((name for name in ("http_host", "host", "hostname") if name in names), None)
    whole = pl.when(url.str.contains("://", literal=True)).then(url)
    if host is None:
        return whole
    path = pl.when(url.str.starts_with("/")).then(url).otherwise("/" + url)
    return pl.coalesce(whole, pl.when(pl.col(host) != "").then("http://" + pl.col(host) + path))


def event_column(target: str, take: Take, names: list[str]) -> pl.Expr:
    """Return the expression for a column of an event, typed as SCHEMA says."""
    value = text(take, names)
    match SCHEMA[target]:
        case pl.UInt16():
            return value.str.strip_chars().cast(pl.UInt16, strict=False)
        case pl.UInt32():
            number = value.str.strip_chars_start("ASas").cast(pl.UInt32, strict=False)
            return pl.when(number > 0).then(number)
        case pl.Float64() | pl.Boolean() as kind:
            return value.cast(kind, strict=False)
    if target == "severity":
        lowered = value.str.to_lowercase()
        return pl.when(lowered.is_in(severity.SEVERITIES)).then(lowered)
    if target == "classification_type":
        return value.replace_strict({name: name for name in taxonomy.TYPES}, default=None, return_dtype=pl.String)
    if target in {"source_fqdn", "destination_fqdn"}:
        return value.str.to_lowercase().str.strip_chars_end(".")
    return value.str.to_lowercase() if target in _LOWER else value


def is_literal(take: Take) -> bool:
    """Say whether the conversion gives JSON that is no string."""
    return take.conversion in _NUMBERS or take.conversion == "convert_bool"


def literal(take: Take, names: list[str]) -> pl.Expr:
    """Return the column as JSON text: a number or a truth value; what is neither becomes a JSON string."""
    value = text(take, names)
    quoted = pl.concat_str(pl.lit('"'), _escaped(value), pl.lit('"'))
    if take.conversion == "convert_bool":
        lowered = value.str.to_lowercase()
        return (
            pl.when(lowered.is_in(_YES))
            .then(pl.lit("true"))
            .when(lowered.is_in(_NO))
            .then(pl.lit("false"))
            .otherwise(quoted)
        )
    pattern = _FLOAT if take.conversion == "convert_float" else _INTEGER
    return pl.when(value.str.contains(pattern)).then(value).otherwise(quoted)


def _escaped(value: pl.Expr) -> pl.Expr:
    plain = value.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    return plain.str.replace_all(r"[\x00-\x1f]", " ")

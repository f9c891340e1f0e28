"""A file's field names → canonical names: what project.toml says, then the canonical name, then the aliases."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from qsgis.errors import FieldMissing, UnknownId
from qsgis.layers.raw import Request
from qsgis.messages import _
from qsgis.schema import LayerField

DBF_NAME_BYTES = 10  # a Shapefile cuts its field names here


def normal(name: str) -> str:
    """A name as it is compared: full-width letters made plain, blanks trimmed, case ignored."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def match(request: Request, names: Sequence[str]) -> dict[str, str]:
    """Canonical field -> the file's column for it, for the fields that are wanted and there.

    Raises FieldMissing for a required field that is under none of its names (where the layer's rule says stop), and
    for a column that project.toml names and the file lacks; UnknownId for a field that the layer does not have.
    """
    definition, source = request.definition, request.source
    for canonical in source.fields:
        if canonical not in definition.fields:
            where = f"project.toml [layers.{definition.id}] fields"
            raise UnknownId(_("field"), canonical, where, definition.fields)
    found = {}
    for canonical, field in definition.fields.items():
        column = _column(request, canonical, field, names)
        if column is not None and request.wants(canonical):
            found[canonical] = column
    return found


def known_names(canonical: str, field: LayerField) -> list[str]:
    """Every name a field goes by, the best first."""
    return list(dict.fromkeys([canonical, *field.aliases, field.name]))


def find(wanted: Sequence[str], names: Sequence[str], *, cut: bool) -> list[str]:
    """Those of a file's `names` that are among the `wanted`, best first; `cut`: at 10 bytes, as in a .dbf."""
    held: dict[str, str] = {}
    for name in names:
        held.setdefault(normal(name), name)
    keys = [normal(name) for name in wanted]
    if cut:
        keys += [key for name in wanted for key in _cuts(name)]
    return list(dict.fromkeys(held[key] for key in keys if key in held))


def _cuts(name: str) -> list[str]:
    coded = (name.encode(encoding) for encoding in ("utf-8", "gb18030"))
    pairs = [(text, encoding) for text, encoding in zip(coded, ("utf-8", "gb18030"), strict=True)]
    return [normal(text[:DBF_NAME_BYTES].decode(code, "ignore")) for text, code in pairs if len(text) > DBF_NAME_BYTES]


def _column(request: Request, canonical: str, field: LayerField, names: Sequence[str]) -> str | None:
    layer, said = request.definition.id, request.source.fields.get(canonical)
    cut = request.path.suffix.lower() in {".shp", ".dbf"}
    wanted = [said] if said else known_names(canonical, field)
    found = find(wanted, names, cut=cut)
    if len(found) > 1:
        request.findings.note(
            _(
                "{field} is taken from {first}, not from {others}",
                field=canonical,
                first=found[0],
                others=", ".join(found[1:]),
            )
        )
    if found:
        return found[0]
    if said:
        raise FieldMissing(layer, request.path, canonical, wanted, names)
    missing(request, canonical, wanted, names)
    return None


def missing(request: Request, canonical: str, wanted: Sequence[str], names: Sequence[str]) -> None:
    """A field is under none of its names: where it is required, that breaks the layer's rule."""
    if request.definition.fields[canonical].required:
        refusal = FieldMissing(request.definition.id, request.path, canonical, wanted, names)
        request.findings.broken("required", refusal, _("the field {field} is not there", field=canonical))

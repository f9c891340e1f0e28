"""Shares of a recorded area (TBDLMJ …) that add up to the record exactly, in hundredths of a square metre."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qsgis.geometry.arrays import listing
from qsgis.messages import _

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from qsgis.geometry.arrays import Indices, Mask, Numbers

BARE = 1e-4  # m²: what borders a rounding step apart leave between pieces; a hundredth of what is shared out
EXCESS, EXCESS_AREA = 1e-6, 0.005  # what pieces may exceed their owner by, as rounding: of the whole, and in m²


def shares(balance: ArrayLike, whole_area: ArrayLike, owner: ArrayLike, piece_area: ArrayLike) -> Numbers:
    """Each piece's share of its owner's record, in m² with two decimals.

    balance, whole_area: a value an owner: the record (m², taken to hundredths; NaN gives NaN) and the area, in the
    same measure as `piece_area`; owner: the row of each piece's owner. What is in no piece is one more claimant. Each
    claimant gets the whole hundredths of balance × area ÷ whole; those left over go to the largest remainders, among
    equal ones to the earlier piece and to the rest last. So pieces + rest = record, in integers.

    Source: the surveys' rule that the pieces of a cut parcel add up to its TBDLMJ; largest remainder method (Hamilton).

    Raises ValueError where a record or an area is negative, where pieces exceed their owner by more than rounding,
    or where an owner with pieces has no area.
    """
    record = np.asarray(balance, dtype=float)
    whole = np.asarray(whole_area, dtype=float)
    owner = np.asarray(owner, dtype=np.int64)
    area = np.asarray(piece_area, dtype=float)
    covered = np.bincount(owner, weights=area, minlength=len(record))
    _refuse((record < 0) | (whole < 0), _("a record or an area is negative"))
    _refuse(np.bincount(owner, weights=area < 0, minlength=len(record)) > 0, _("the area of a piece is negative"))
    _refuse(covered > whole * (1 + EXCESS) + EXCESS_AREA, _("the pieces are larger than their owner"))
    _refuse((np.bincount(owner, minlength=len(record)) > 0) & ~(whole > 0), _("the owner has no area"))

    whole = np.nan_to_num(whole)
    bare = whole - covered
    bare[bare <= 1e-9 * whole + BARE] = 0.0  # pieces that fill their owner, but for rounding
    units = hundredths(np.nan_to_num(record))
    claimant = np.concatenate([owner, np.arange(len(record))])
    claim = np.concatenate([area, bare])
    total = covered + bare
    share = _largest_remainder(units, total, claimant, claim)[: len(owner)] / 100
    share[np.isnan(record[owner])] = np.nan
    return share


def hundredths(area: ArrayLike) -> Indices:
    """Areas in m² as integers of 0.01 m²."""
    units: Indices = np.rint(np.asarray(area, dtype=float) * 100).astype(np.int64)
    return units


def rest(balance: ArrayLike, owner: ArrayLike, share: ArrayLike) -> Indices:
    """What of each owner's record is in none of its pieces, in 0.01 m²; owners without a piece have their whole record.

    Arguments as of `shares`, and its result. Raises AssertionError where pieces have more than their owner's record.
    """
    units = hundredths(balance)
    given = np.zeros(len(units), dtype=np.int64)
    np.add.at(given, np.asarray(owner, dtype=np.int64), hundredths(share))
    left: Indices = units - given
    assert (left >= 0).all(), "pieces have more than the record"
    return left


def summed(value: Numbers, cell: Indices, cells: int) -> Numbers:
    """Sums of values by cell. Whole hundredths are added as integers, so that no rounding builds up in their sums."""
    units = np.rint(value * 100)
    if np.array_equal(units / 100, value):
        return np.asarray(np.bincount(cell, weights=units, minlength=cells) / 100)
    return np.bincount(cell, weights=value, minlength=cells).astype(float)


def _largest_remainder(units: Indices, total: Numbers, owner: Indices, claim: Numbers) -> Indices:
    """Integers that add up to their owner's units, as near as can be to units × claim ÷ total.

    Rounded down, they fall short of the units by less than the number of claimants with a remainder, so one each is
    enough; the rounding of quotas (1e-6) could upset that only with a million pieces of one owner.
    """
    ratio = np.divide(claim, total[owner], out=np.zeros(len(claim)), where=total[owner] > 0)
    quota = np.round(units[owner] * ratio, 6)  # so that noise in the areas decides no tie
    share = np.floor(quota)
    left_over = units - np.bincount(owner, weights=share, minlength=len(units)).astype(np.int64)
    left_over[total == 0] = 0  # nobody claims
    order = np.lexsort((np.arange(len(owner)), share - quota, owner))
    _owners, start, count = np.unique(owner[order], return_index=True, return_counts=True)
    place = np.empty(len(owner), dtype=np.int64)
    place[order] = np.arange(len(owner)) - np.repeat(start, count)
    share += (place < left_over[owner]) & (claim > 0)
    return share.astype(np.int64)


def _refuse(wrong: Mask, reason: str) -> None:
    if wrong.any():
        rows = np.flatnonzero(wrong)
        raise ValueError(_("{reason} (rows {rows})", reason=reason, rows=listing(rows)))

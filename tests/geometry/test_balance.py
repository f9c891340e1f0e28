from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsgis.geometry.balance import rest, shares, summed


def hundredths(values):
    return np.rint(np.asarray(values) * 100).astype(np.int64)


def test_three_thirds_of_a_hundred():
    """100.00 in three equal pieces: 33.34 for the first."""
    assert shares([100.0], [3.0], [0, 0, 0], [1.0, 1.0, 1.0]).tolist() == [33.34, 33.33, 33.33]


def test_the_rest_is_a_claimant():
    """0.01 m² for a piece of 0.4 and a rest of 0.6: the rest has the larger remainder."""
    assert shares([0.01], [1.0], [0], [0.4]).tolist() == [0.0]
    assert shares([0.01], [1.0], [0], [0.6]).tolist() == [0.01]
    assert shares([0.01], [1.0], [0], [0.5]).tolist() == [0.01]  # a tie: the piece before the rest


def test_a_piece_that_is_the_whole_has_the_record():
    found = shares([1234.56, 77.77], [1300.0, 80.0], [1, 0], [80.0 * (1 - 1e-12), 1300.0 * (1 + 1e-12)])
    assert found.tolist() == [77.77, 1234.56]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**11),
            st.lists(st.floats(0, 1e7), min_size=1, max_size=12).filter(lambda areas: sum(areas) > 1e-3),
            st.sampled_from([1.0, 1.0 + 1e-10, 1.3, 40.0]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_pieces_and_rest_are_the_record(parcels):
    """In integers; and no share is further than 0.01 from its exact quota (with a margin for float areas)."""
    units = np.array([record for record, _areas, _size in parcels])
    whole = np.array([sum(areas) * size for _record, areas, size in parcels])
    owner = np.concatenate([np.full(len(areas), k) for k, (_record, areas, _size) in enumerate(parcels)])
    area = np.concatenate([areas for _record, areas, _size in parcels])
    found = hundredths(shares(units / 100, whole, owner, area))
    sums = np.bincount(owner, found, len(parcels)).astype(np.int64)
    assert (found >= 0).all()
    assert (sums <= units).all()
    for k, (record, areas, size) in enumerate(parcels):
        if size <= 1.0 + 1e-10:
            assert sums[k] == record
        denominator = max(Fraction(float(whole[k])), sum(map(Fraction, areas)))
        for share, piece in zip(found[owner == k], areas, strict=True):
            assert abs(Fraction(int(share)) - record * Fraction(piece) / denominator) < 1 + Fraction(record, 10**8)


@given(st.integers(0, 10**9), st.lists(st.integers(1, 1000), min_size=2, max_size=8), st.randoms())
def test_the_order_of_pieces_changes_nothing(units, areas, random):
    """Piece areas all different, so that there are no ties to break by place."""
    areas = [area + k / 64 for k, area in enumerate(areas)]
    order = list(range(len(areas)))
    random.shuffle(order)
    whole = sum(areas) * 1.1
    one = shares([units / 100], [whole], [0] * len(areas), areas)
    other = shares([units / 100], [whole], [0] * len(areas), [areas[k] for k in order])
    remainders = {round(units * Fraction(a) / Fraction(whole) % 1, 5) for a in areas}
    if len(remainders) == len(areas):
        assert [one[k] for k in order] == other.tolist()


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**8)), min_size=1, max_size=5),
    st.lists(st.lists(st.floats(0.01, 1e5), min_size=1, max_size=6), min_size=5, max_size=5),
    st.sampled_from([1.0, 1.7]),
)
def test_pieces_and_rest_make_up_both_records(records, areas, size):
    """What a parcel is (TBDLMJ) and what was deducted from it (KCMJ) are cut alike: each balances, and so their sum."""
    areas = areas[: len(records)]
    owner = np.concatenate([np.full(len(parts), k) for k, parts in enumerate(areas)])
    piece, whole = np.concatenate(areas), np.array([sum(parts) * size for parts in areas])
    total = 0
    for column in (0, 1):
        units = np.array([record[column] for record in records])
        share = shares(units / 100, whole, owner, piece)
        left = rest(units / 100, owner, share)
        assert (left >= 0).all()
        assert (np.bincount(owner, hundredths(share), len(units)) + left == units).all()
        if size == 1.0:
            assert left.sum() == 0
        total += hundredths(share).sum() + left.sum()
    assert total == sum(map(sum, records))


def test_a_piece_with_more_than_the_record_is_an_error():
    with pytest.raises(AssertionError, match="more than the record"):
        rest([1.0], [0, 0], [0.6, 0.41])


def test_hundredths_are_summed_as_integers():
    """A million shares of 0.07 are 70 000 to the last digit; in floats they are not."""
    value = np.full(1_000_000, 0.07)
    assert np.bincount(np.zeros(len(value), int), value)[0] != 70_000.0
    assert summed(value, np.zeros(len(value), int), 2).tolist() == [70_000.0, 0.0]
    assert summed(np.array([0.001, 1.5]), np.array([1, 1]), 2).tolist() == [0.0, 1.501]


def test_an_unknown_record_has_unknown_shares():
    found = shares([np.nan, 1.0], [1.0, 1.0], [0, 1], [1.0, 1.0])
    assert np.isnan(found[0])
    assert found[1] == 1.0


def test_no_pieces():
    assert len(shares([5.0], [5.0], [], [])) == 0


@pytest.mark.parametrize(
    ("record", "whole", "area"), [(1.0, 1.0, 1.1), (-1.0, 1.0, 1.0), (1.0, 0.0, 0.0), (1.0, 1.0, -0.5)]
)
def test_what_cannot_be_is_refused(record, whole, area):
    with pytest.raises(ValueError, match="0"):
        shares([record], [whole], [0], [area])

from datetime import UTC, datetime, timedelta

from serving.storage.ids import new_id, padded

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def test_an_id_says_what_it_is_of_and_has_a_fixed_length() -> None:
    assert new_id("tkt", AT).startswith("tkt_")
    assert len(new_id("tkt", AT)) == len("tkt_") + 26


def test_ids_sort_by_the_time_they_were_made() -> None:
    made = [new_id("tkt", AT + timedelta(milliseconds=step)) for step in range(200)]
    assert made == sorted(made)


def test_two_ids_of_one_moment_differ() -> None:
    assert len({new_id("tkt", AT) for _ in range(1_000)}) == 1_000


def test_padded_ids_are_the_same_ids_in_few_lengths() -> None:
    for number in range(501):
        ids = [f"id-{each}" for each in range(number)]
        assert list(dict.fromkeys(padded(ids))) == ids
    assert {len(padded(["id"] * number)) for number in range(501)} == {0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512}

"""The critical head is learnt from packaged texts, measured on others, and kept in the bundle."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.encoder import encoder as encoders
from tests.training.desk import fitted, tickets
from training.critical import families
from training.critical.fit import upper_bound
from training.critical.tickets import everyday_sentences
from triage.errors import BundleRefused
from triage.model import bundle as bundles
from triage.model import bundle_files
from triage.model.critical import HARMLESS, UNSOLICITED
from triage.model.manifest import to_record
from triage.tickets.closed_ticket import ClosedTicket


def test_a_line_becomes_wordings_that_use_every_choice() -> None:
    made = families.wordings("{all|every one of} our data is {gone|lost|wiped}")
    assert len(made) == 6
    assert "all our data is lost" in made
    assert "every one of our data is wiped" in made


def test_a_line_with_many_choices_is_spread_over_at_most_twenty_wordings() -> None:
    made = families.wordings("{a|b|c|d} {e|f|g|h} {i|j|k|l}")
    assert len(made) == len(set(made)) == 20
    assert {text[0] for text in made} == set("abcd")


def test_each_language_has_texts_of_every_kind_and_no_text_has_two_kinds() -> None:
    packaged = families.packaged()
    kinds = {family.kind for family in packaged}
    assert {family.language for family in packaged} == set(families.LANGUAGES)
    for language in families.LANGUAGES:
        assert {family.kind for family in packaged if family.language == language} == kinds
    emergencies = {text for family in packaged if family.kind not in HARMLESS for text in family.wordings}
    assert not emergencies & {text for family in packaged if family.kind in HARMLESS for text in family.wordings}


def test_the_desks_everyday_sentences_come_from_tickets_below_p1() -> None:
    def closed(text: str, priority: str | None) -> ClosedTicket:
        return ClosedTicket(id=text, description=text, labels={"priority": priority} if priority else {})

    calm, urgent = "The chart has the wrong colour today.", "The platform is down for all of us."
    assert everyday_sentences([closed(calm, "P3"), closed(urgent, "P0"), closed(urgent, None)]) == [calm]


@pytest.mark.parametrize(
    ("n", "k", "bound"),
    [
        (22, 0, 0.0994),  # 1 - 0.1 ** (1 / 22)
        (100, 2, 0.0523),
        (5, 5, 1.0),
        (0, 0, 1.0),
    ],
)
def test_the_bound_is_that_of_clopper_and_pearson(n: int, k: int, bound: float) -> None:
    assert upper_bound(n, k, 0.1) == pytest.approx(bound, abs=2e-4)


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("desk")
    fitted(home, tickets(60), critical=True)
    return home / "candidate"


class TestInABundle:
    def test_the_head_tells_its_own_texts_apart(self, learnt: Path) -> None:
        head = bundles.load(learnt).critical
        assert head is not None
        assert head.threshold == 0.4
        assert set(head.classifier.classes_) > HARMLESS

    def test_an_unsolicited_message_is_no_kind_of_emergency(self, learnt: Path) -> None:
        bundle = bundles.load(learnt)
        assert bundle.critical is not None
        assert bundle.manifest.critical is not None
        encoder = encoders.from_files(*bundle.encoder_files())
        texts = [f.wordings[0] for f in families.packaged() if f.kind == UNSOLICITED and f.language == "en"]
        read = [bundle.critical.read(text, vector) for text, vector in zip(texts, encoder.encode(texts), strict=True)]
        assert not {each.kind for each in read} & HARMLESS
        assert sum(each.probability < 0.4 for each in read) > 0.9 * len(read)
        assert bundle.manifest.critical.unsolicited_handed_off.n > 0

    def test_the_manifest_says_how_often_it_was_wrong_on_families_that_it_did_not_learn(self, learnt: Path) -> None:
        entry = bundles.load(learnt).manifest.critical
        assert entry is not None
        assert sum(each.n for each in entry.missed_by_kind.values()) == entry.missed.n
        assert sum(each.k for each in entry.missed_by_kind.values()) == entry.missed.k
        assert entry.missed.k / entry.missed.n < entry.missed.at_most
        emergencies = [family for family in families.packaged() if family.kind not in HARMLESS]
        assert entry.missed.n == pytest.approx(len(emergencies) / 5, rel=0.2)

    def test_a_head_for_another_encoder_is_refused(self, learnt: Path) -> None:
        record = to_record(bundles.load(learnt).manifest.unsealed())
        record["critical"]["encoder"] = "another"
        bundle_files.seal(learnt, {key: value for key, value in record.items() if key not in ("id", "files", "format")})
        with pytest.raises(BundleRefused, match="critical head is of another encoder"):
            bundles.load(learnt)


def test_a_desk_may_do_without_the_head(tmp_path: Path) -> None:
    fitted(tmp_path, tickets(60))
    bundle = bundles.load(tmp_path / "candidate")
    assert bundle.critical is None
    assert bundle.manifest.critical is None

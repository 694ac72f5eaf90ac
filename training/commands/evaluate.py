"""`firstline-train evaluate | evaluate-answers | learn-passages`: measure models and answers."""

from __future__ import annotations

import sys
import time
from typing import Any

import rich_click as click
from msgspec import to_builtins
from rich.console import Console

from training.commands.options import (
    ANY,
    FILE,
    FOLDER,
    TICKETS_HELP,
    Instant,
    encoder_option,
    home_option,
    json_option,
    mapping_of,
    mapping_option,
    open_home,
    predictions_option,
    print_json,
    rounded,
    second_encoder_option,
)
from training.errors import NothingToMeasure

_WIDE = 160  # characters of a line in a file or a pipe


@click.command()
@click.option("--bundle", type=FOLDER, required=True, help="As written by `fit`.")
@click.option("--tickets", type=FILE, required=True, help=TICKETS_HELP)
@click.option("--since", type=Instant(), help="Only tickets created from this instant on.")
@click.option("--until", type=Instant(), help="Only tickets created before this instant.")
@click.option("--out-of-scope", type=FILE, help="JSON Lines of texts without any label: adds ood_auroc and more.")
@click.option(
    "--all-tickets",
    is_flag=True,
    help="Measure on the tickets that the bundle has learnt from as well: far too good for what comes next.",
)
@predictions_option
@mapping_option
@home_option
@json_option
def evaluate(**options: Any) -> None:  # noqa: ANN401
    """Measure a bundle on closed tickets that it was not fitted on.

    Of the tickets given, those whose text the bundle has learnt from are left out and counted.
    """
    from training.bundles import evaluate as bundle_evaluation
    from training.bundles import held_out, multi_evaluation
    from training.data import closed_tickets
    from training.data import taxonomy_relabelling as relabelled
    from training.evaluation import terminal
    from training.runs import predictions
    from triage.model import bundle as bundles

    if options["predictions"]:
        predictions.check(options["predictions"])
    started = time.perf_counter()
    workspace = open_home(options)
    bundle = bundles.load(options["bundle"])
    export = closed_tickets.read(options["tickets"], mapping_of(options))
    export = export.between(options["since"], options["until"]).without_spam()
    foreign = bundle_evaluation.read_foreign(options["out_of_scope"])
    every, _ = relabelled.in_todays_words(export.tickets, bundle.manifest.label_history().changes)
    tickets = every if options["all_tickets"] else held_out.not_learnt(bundle, every)
    if every and not tickets:
        raise NothingToMeasure(options["tickets"], len(every))
    heads = bundle_evaluation.evaluate(bundle, tickets, workspace.encode, foreign=foreign)
    heads |= multi_evaluation.evaluate(bundle, tickets, workspace.encode)
    gate = bundle_evaluation.evaluate_gate(bundle, tickets, workspace.encode, foreign=foreign)
    if options["predictions"]:
        predictions.export(options["predictions"], predictions.of_bundle(bundle, tickets, workspace.encode))
    counts = {"tickets": len(tickets), "left_out": len(every) - len(tickets)}
    seconds = round(time.perf_counter() - started, 2)
    result = {**heads, "foreign_text": gate, "bundle": bundle.id, **counts, "seconds": seconds}
    if options["as_json"]:
        print_json(result)
        return
    click.echo(_measured_on(**counts, all_tickets=options["all_tickets"]))
    if heads:
        Console(width=None if sys.stdout.isatty() else _WIDE).print(terminal.table(heads))
    for line in terminal.lines(heads, gate):
        click.echo(line)
    if not heads:
        click.echo("The tickets carry none of the labels that the bundle knows.")


def _measured_on(tickets: int, left_out: int, *, all_tickets: bool) -> str:
    if all_tickets:
        return f"Measured on all {tickets} tickets, also on those that this bundle has learnt from: too good."
    left = f"; {left_out} that this bundle has learnt from are left out" if left_out else ""
    return f"Measured on {tickets} tickets{left}."


@click.command("evaluate-answers")
@click.option("--articles", type=ANY, required=True, help="Folder of Markdown files, or JSON lines.")
@click.option(
    "--questions", type=FILE, required=True, help="JSON lines: id, question, relevant (article ids), grades; passages."
)
@click.option("--tickets", type=FILE, help="Closed tickets to learn from (which article solved which question).")
@click.option("--until", type=Instant(), help="Learn from tickets before this time, ask questions from then on.")
@click.option("--locale", help="Ask only the questions in this language, such as en.")
@click.option("--config", type=FILE, help="refit.toml with a section [answers].")
@encoder_option
@second_encoder_option
@home_option
@json_option
def evaluate_answers(**options: Any) -> None:  # noqa: ANN401
    """Measure search and answers on questions with known articles.

    Each question is asked twice: as it is, and without its articles, when it must be handed off
    (`knocked_out_answered`). `auroc` says how well the probability separates right answers from everything else.
    """
    from training import config
    from training.answers import answer_metrics
    from training.bundles.second_choice import ENOUGH
    from training.data import closed_tickets

    workspace = open_home(options)
    asking = answer_metrics.Asking(options["articles"], options["questions"], options["until"], options["locale"])
    tickets = closed_tickets.read(options["tickets"]).tickets if options["tickets"] else None
    encoder = workspace.encoder(options["encoder"])
    choice = workspace.second(options["second_encoder"], options["articles"])
    asked = choice is not None and (choice.named or answer_metrics.in_other_languages(asking) >= ENOUGH)
    second = choice.of(encoder, tickets or ()).encoder if choice and asked else None
    encoders = answer_metrics.Encoders(encoder, second, *map(workspace.at_hand, (encoder, second)))
    wanted = config.read(options["config"]).answers
    found = answer_metrics.evaluate_answers(asking, encoders, tickets=tickets, bars=workspace.bars, wanted=wanted)
    if options["as_json"]:
        print_json(found)
        return
    for name, value in found.items():
        click.echo(f"{name}: {rounded(value)}")


@click.command("learn-passages")
@click.option("--articles", type=ANY, required=True, help="Folder of Markdown files, or JSON lines.")
@click.option(
    "--questions", type=FILE, required=True, help="JSON lines: question, article_id, passages (headings), also."
)
@encoder_option
@home_option
def learn_passages(**options: Any) -> None:  # noqa: ANN401
    """Learn the packaged numbers of answering from questions whose passages are known, and print them as JSON.

    How a section is chosen and judged, and when a desk without closed tickets answers; `figures` are of articles that
    the article's model did not learn from, but the sections' weights did.
    """
    from dataclasses import fields

    from retrieval.answering.passage_gate import PassageGate, Passages
    from retrieval.answering.ranker import LinearRanker
    from retrieval.answering.sections import SectionRanker
    from retrieval.articles.files import read as read_articles
    from retrieval.index.article_index import build
    from training.answers import questions, sections, zero_ticket_answers
    from training.classifiers.vector_cache import CachedEncoder

    workspace = open_home(options)
    encoder = workspace.encoder(options["encoder"])
    at_hand = CachedEncoder(encoder, workspace.vectors(encoder))
    index, asked = build(read_articles(options["articles"]), at_hand), questions.read(options["questions"])
    names = {each.name for each in fields(SectionRanker)} - sections.FIXED
    nothing = Passages(SectionRanker(**dict.fromkeys(names, 0.0)), PassageGate())
    learnt = sections.learn_passages(index, at_hand, asked, LinearRanker(), nothing)
    answerability, figures = zero_ticket_answers.fit_zero_ticket(index, at_hand, asked, learnt)
    print_json({**to_builtins(answerability.to_manifest()), "figures": figures})


@click.command("evaluate-similar")
@click.option("--tickets", type=FILE, required=True, help=TICKETS_HELP)
@click.option("--duplicates", type=FILE, required=True, help="Tab-separated: a header, then two ticket ids per line.")
@encoder_option
@home_option
@json_option
def evaluate_similar(**options: Any) -> None:  # noqa: ANN401
    """Measure how many known duplicates are among the similar tickets shown to agents."""
    from training.answers import similar_metrics
    from training.classifiers.vector_cache import CachedEncoder
    from training.data import closed_tickets

    workspace = open_home(options)
    pairs = similar_metrics.read_duplicates(options["duplicates"])
    tickets = closed_tickets.read(options["tickets"]).tickets
    encoder = workspace.encoder(options["encoder"])
    at_hand = CachedEncoder(encoder, workspace.vectors(encoder))
    with workspace.bars.bar("Encoding tickets", len(tickets)) as progress:
        found = similar_metrics.measure(tickets, pairs, lambda texts: at_hand.encode(texts, progress=progress))
    if options["as_json"]:
        print_json(found)
        return
    for name, value in found.items():
        click.echo(f"{name}: {rounded(value)}")

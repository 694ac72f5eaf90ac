"""`firstline-train gaps`: knowledge-base gaps, and a test that the report finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from training.commands.options import (
    ANY,
    FILE,
    FOLDER,
    TICKETS_HELP,
    Instant,
    cluster_option,
    encoder_option,
    home_option,
    json_option,
    open_home,
    print_json,
    second_encoder_option,
)

if TYPE_CHECKING:
    from training.gaps.knock_out_trial import TrialInputs


@click.command()
@click.option("--tickets", type=FILE, required=True, help=TICKETS_HELP)
@click.option("--articles", type=ANY, required=True, help="Folder of Markdown files, or JSON lines.")
@click.option("--questions", type=FILE, help="Questions with known answers; they override tickets with the same id.")
@click.option("--since", type=Instant(), help="Only questions from this instant on.")
@click.option("--until", type=Instant(), help="Only questions before this instant.")
@click.option("--out", type=FOLDER, help="Folder for gaps.jsonl and gaps.html.")
@click.option("--least", type=click.IntRange(2), default=3, show_default=True, help="Smallest group of questions.")
@click.option("--costs", type=FILE, help="TOML like triage/policies/costs.toml, the default.")
@click.option(
    "--knock-out",
    type=click.IntRange(1),
    help="Instead: remove this many articles and test that they are found missing.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="With --knock-out: random seed for the articles.")
@click.option(
    "--trials", type=click.IntRange(1, 100), default=1, show_default=True, help="With --knock-out: number of seeds."
)
@click.option(
    "--linked",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="With --knock-out: share of links kept.",
)
@encoder_option
@second_encoder_option
@cluster_option
@home_option
@json_option
def gaps(**options: Any) -> None:  # noqa: ANN401
    """Find questions that the knowledge base does not answer, ranked by cost.

    The question of every closed ticket is asked against today's articles, with only older tickets as precedents. A gap
    is missing, unreachable, unhelpful, contradictory or stale; each has a draft outline from resolutions.
    """
    if options["knock_out"] is not None:
        _prove(options)
        return
    if options["out"] is None and not options["as_json"]:
        raise click.UsageError("Give --out, the folder that receives gaps.html, or --json.")
    from training.gaps import page as gaps_page
    from training.gaps import replay as gaps

    bench, bars = _bench(options)
    with bars.bar("Asking again", len(bench.desk.tickets)) as progress:
        replays = gaps.replay(bench.desk, bench.index, bench.costs, bench.decider, progress)
    bars.say("Grouping")
    found = gaps.examine(bench.desk, replays, bench.index, least=options["least"])
    if options["out"] is not None:
        gaps.write(options["out"], found)
        page = gaps_page.write(options["out"], gaps_page.render(found, bench.desk.window, bench.index.articles))
    if options["as_json"]:
        counts = {"n": found.n, "answered": found.answered, "scattered": found.scattered}
        print_json({**counts, "gaps": [gaps.to_record(each) for each in found.found]})
        return
    for line in gaps_page.lines(found):
        click.echo(line)
    click.echo(f"To look at: {page}")


def _prove(options: Any) -> None:  # noqa: ANN401
    from training.gaps.knock_out_trial import Trial, averaged, knock_out, of_linked

    bench, bars = _bench(options, of_linked)
    outcomes = []
    with bars.bar("Asking again", 2 * len(bench.desk.tickets) * options["trials"]) as progress:
        for number in range(options["trials"]):
            trial = Trial(options["knock_out"], options["seed"] + number, options["linked"], options["least"])
            outcomes.append(
                knock_out(bench, trial, lambda d, n, number=number: progress(number * n + d, n * options["trials"]))  # type: ignore[misc]
            )
    result = {
        "questions": len(bench.desk.tickets),
        **averaged(outcomes),
        "trials": [each.to_record() for each in outcomes],
    }
    if options["as_json"]:
        print_json(result)
        return
    for name, value in result.items():
        if name != "trials":
            click.echo(f"{name}: {value}")


def _bench(options: Any, only: Any = None) -> tuple[TrialInputs, Any]:  # noqa: ANN401
    """Read everything; `only` chooses among the tickets."""
    from retrieval.articles import files as article_files
    from retrieval.index.article_index import build
    from training.answers import questions
    from training.classifiers.vector_cache import CachedEncoder
    from training.data import closed_tickets
    from training.gaps import replay as gaps
    from training.gaps.knock_out_trial import TrialInputs
    from triage import contact_costs

    workspace = open_home(options)
    encoder = workspace.encoder(options["encoder"])
    at_hand = CachedEncoder(encoder, workspace.vectors(encoder))
    export = closed_tickets.read(options["tickets"]).between(options["since"], options["until"])
    graded = questions.read(options["questions"], since=options["since"]) if options["questions"] else []
    choice = workspace.second(options["second_encoder"], options["articles"])
    second = workspace.at_hand(choice.of(encoder, export.tickets).encoder if choice else None)
    with workspace.bars.bar("Encoding", len(export.tickets)) as progress:
        desk = gaps.gather(export.tickets, graded, at_hand, second=second, until=options["until"], progress=progress)
    decider = gaps.Decider.of(workspace.current(), encoder, second)
    costs = contact_costs.parse(options["costs"].read_text("utf-8")) if options["costs"] else contact_costs.default()
    index = build(article_files.read(options["articles"]), at_hand, second=second)
    asked = only(desk, index.articles) if only else desk
    return TrialInputs(asked, index, at_hand, costs, decider, second), workspace.bars

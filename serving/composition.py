"""Connect the slices: the only module that knows several of them."""

from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import cast

from retrieval.encoder.encoder import Encoder
from retrieval.index import file_contents
from serving.articles.editing import Editing
from serving.articles.store import ArticleStore
from serving.articles.wiring import wire as wire_articles
from serving.backlog.wiring import wire as wire_backlog
from serving.certificates.wiring import wire as wire_certificates
from serving.change_log.log import ChangeLog
from serving.change_log.wiring import wire as wire_change_log
from serving.console.wiring import wire as wire_console
from serving.context import Context, Slice
from serving.deflections.wiring import wire as wire_deflections
from serving.evals.asking import Asker
from serving.evals.offline import OfflineEvals
from serving.evals.running import Evals
from serving.evals.wiring import wire as wire_evals
from serving.helpdesks.calls import calls, connected
from serving.helpdesks.customers.customer import Customers
from serving.helpdesks.port.connections import read
from serving.helpdesks.previewing import HelpdeskPreview
from serving.helpdesks.wiring import freshness
from serving.helpdesks.wiring import wire as wire_helpdesks
from serving.inference.article_snapshot import Folders
from serving.inference.candidates import Candidates
from serving.inference.indexing_turns import IndexingTurns
from serving.inference.labels import KnownLabels
from serving.inference.languages import Languages
from serving.inference.live_articles import LiveArticles
from serving.inference.live_models import LiveModels
from serving.inference.own_content import DeskContent, SavedContent, StoredContent
from serving.inference.saved_articles import SavedArticles
from serving.inference.suggestions import TicketSuggestions
from serving.inference.tagger import Tagger
from serving.inference.watching.watch import CertificateWatch
from serving.memory.wiring import wire as wire_memory
from serving.models.shadow import ShadowTagging
from serving.models.wiring import wire as wire_models
from serving.peers.refusals import Refusals
from serving.privacy.wiring import wire as wire_privacy
from serving.replay.wiring import wire as wire_replay
from serving.reports.wiring import wire as wire_reports
from serving.settings import Settings
from serving.surges.wiring import wire as wire_surges
from serving.surveys.wiring import wire as wire_surveys
from serving.tagging.wiring import wire as wire_tagging
from serving.ticket_desk import KnowsIncidents, LeadsIncidents, TicketDesk
from serving.tickets.desk import Desk
from serving.tickets.snapshot import closed_among, teaches
from serving.tickets.wiring import wire as wire_tickets
from serving.webhooks.wiring import wire as wire_webhooks
from serving.widget.wiring import wire as wire_widget
from triage.model.bundle import Bundle
from triage.model.registry import Registry
from triage.signing.signatures import NO_KEYS


def slices(context: Context, *, models: LiveModels | None = None) -> Sequence[Slice]:
    """Build every slice with what it needs of the others; nothing is opened or started yet."""
    settings = context.settings
    registry = Registry(settings.models_path, settings.signing_keys)
    content = DeskContent(registry, StoredContent(context.database), context.telemetry)
    models = models or LiveModels(
        registry, settings.sample / "bundle", context.clock, context.telemetry, content, [settings.encoder_path]
    )
    models.read_again_by(partial(_second_folder, settings))
    kept = ArticleStore(context.database)
    articles = _live_articles(context, kept, models, content)
    _among_workers(context, models, articles)
    languages = Languages()
    candidates = Candidates(registry, models, context.clock, context.telemetry)
    live = partial(_bundle, models)
    watch = CertificateWatch(context.database, context.clock, context.telemetry, live, settings.audited_share)
    tagger = Tagger(models, languages, context.telemetry, context.policies.urgency, candidates, watch)
    shadow = ShadowTagging(context, candidates, tagger)
    tickets = wire_tickets(context, tagger=tagger, models=models, asks=freshness(context), shadowed=shadow.offer)
    desk = cast("TicketDesk", tickets.dependencies["desk"])
    vocabulary = cast("KnownLabels", tickets.dependencies["vocabulary"])
    suggestions = TicketSuggestions(models.take, articles.take)
    asker = Asker(languages, context.policies.urgency)
    evals = Evals(context.database, asker, models, articles, content, context.telemetry, settings.signing_keys)
    leads = cast("LeadsIncidents", tickets.dependencies["incidents"])
    surges = wire_surges(context, leads, vocabulary, partial(_encoder, models))
    incidents = cast("KnowsIncidents", surges.dependencies["public_messages"])
    parts = [
        wire_articles(kept, articles, models, languages),
        tickets,
        wire_certificates(context, watch),
        wire_tagging(context, tagger, models, articles, shadow.offer, watch),
        wire_models(context, models, content, shadow, watch, evals.why_not_serve),
        wire_deflections(context, models, articles, desk, languages, incidents),
        wire_surveys(context, desk),
        wire_helpdesks(context, desk, vocabulary, suggests=suggestions.find),
        wire_reports(context, models, articles, closed_among),
        wire_widget(context, articles, content),
        wire_webhooks(context),
        wire_backlog(context),
        wire_evals(context, evals),
        wire_change_log(context, ChangeLog(context.database, context.keys, registry, Editing(kept, articles), evals)),
        surges,
        wire_memory(context, models, articles, candidates, teaches),
    ]

    def forget(ids: Collection[str]) -> None:
        models.forget(ids)
        candidates.forget(ids)

    return [*parts, wire_replay(context), wire_privacy(context, parts, forget), *wire_console(context, suggestions)]


def _live_articles(context: Context, kept: ArticleStore, models: LiveModels, content: DeskContent) -> LiveArticles:
    """Return the articles that serve: the desk's own, or the index that was built, or the sample's."""
    settings = context.settings
    folders = Folders(
        settings.home / "live-index", settings.index_path, settings.sample / "index", settings.signing_keys
    )
    articles = LiveArticles(kept, partial(_encoder, models), folders, context.clock, context.telemetry, content)
    articles.see_again_by(partial(_second_encoder, models))
    models.tell(articles.changed)
    return articles


def _among_workers(context: Context, models: LiveModels, articles: LiveArticles) -> None:
    """Let a process that is one of several workers refuse bundles and index articles as one with the others."""
    if context.crew is None:
        return
    models.heed(Refusals(context.crew.folder))
    if context.settings.database_url is None:  # names on a server are those of replicas with other folders, too
        articles.take_turns(IndexingTurns(context.database))


def evals_of(context: Context) -> OfflineEvals:
    """Connect what asks golden questions over the bundle and the saved index; nothing is opened or started."""
    settings = context.settings
    registry = Registry(settings.models_path, settings.signing_keys)
    sample, telemetry = settings.sample / "bundle", context.telemetry
    content = DeskContent(registry, SavedContent(settings.stored_in, settings.index_path), telemetry)
    models = LiveModels(registry, sample, context.clock, telemetry, content, [settings.encoder_path])
    models.read_again_by(partial(_second_folder, settings))
    models.reload()
    asker = Asker(Languages(), context.policies.urgency)
    return OfflineEvals(settings, models, _saved_articles(context, models), asker, _built_indexes(context, models))


def preview_of(context: Context) -> HelpdeskPreview:
    """Connect what previews tickets of helpdesks, over the bundle and the saved index; nothing is opened or started."""
    settings, telemetry = context.settings, context.telemetry
    registry = Registry(settings.models_path, settings.signing_keys)
    models = LiveModels(registry, settings.sample / "bundle", context.clock, telemetry)
    models.reload()
    desk = Desk(context, Tagger(models, Languages(), telemetry, context.policies.urgency))
    trial = _is_sample(models)
    saved = _saved_articles(context, models)
    suggestions = TicketSuggestions(models.take, saved.take)
    outgoing = calls(settings)
    connections = read(settings.helpdesks, *context.policies.helpdesk_names)
    return HelpdeskPreview(
        connections=connections,
        connects=lambda connection: connected(connection, outgoing),
        drafts=desk.draft,
        suggests=partial(suggestions.find, sample=trial),
        customers=Customers(connections, context.policies.sla.plans, path=settings.helpdesks),
        labelled_by=_labelled_by(models),
    )


def _built_indexes(context: Context, models: LiveModels) -> list[Path]:
    settings = context.settings
    return [settings.index_path, *([settings.sample / "index"] if _is_sample(models) else [])]


def _saved_articles(context: Context, models: LiveModels) -> SavedArticles:
    settings = context.settings
    own = (settings.home / "live-index", NO_KEYS)  # the service made it
    built = ((folder, settings.signing_keys) for folder in _built_indexes(context, models))
    return SavedArticles(models, [own, *built])


def _is_sample(models: LiveModels) -> bool:
    live = models.status.live
    return live is not None and live.origin == "sample"


def _labelled_by(models: LiveModels) -> str:
    live = models.status.live
    if live is None:
        return f"There are no labels: {models.missing()}"
    if _is_sample(models):
        return (
            "Labels by the sample's model, for a first look. Tickets get labels once a model of your own is promoted: "
            'docs/helpdesks/README.md, "Labels from your closed tickets".'
        )
    return f"Labels by bundle {live.version}."


def _bundle(models: LiveModels) -> Bundle | None:
    live = models.loaded
    return live.bundle if live else None


def _encoder(models: LiveModels) -> Encoder | None:
    """Return the encoder of the model that serves: questions, articles and closed tickets then share one."""
    live = models.status.live
    return live.encoder if live else None


def _second_folder(settings: Settings) -> Path | None:
    """Return the home's second encoder where the index that the desk built names it; None where it does not."""
    folder, index = settings.second_encoder_path, settings.index_path
    return folder if folder.is_dir() and (index / file_contents.SECOND).is_file() else None


def _second_encoder(models: LiveModels) -> Encoder | None:
    live = models.status.live
    return live.second_encoder if live else None

"""What the past cannot tell of a trial, in sentences that stand beside its figures."""

from serving.replay.trial import Trial

ALWAYS = (
    "How customers would have reacted is not known: whether another answer, label or hand-off would have helped them.",
    "How fast another team or tier would have worked is not known: replies and resolutions are taken as they happened.",
    "No text is encoded again: another model, other articles and labels that nobody learnt are not tried.",
    "Deadlines and routes before are those of the policy in force now, which may be another one than at the time.",
    "Routes are compared as of the opening; what people moved, corrected or escalated later stays.",
)
TAGS = (
    "Whether people would have corrected another tag is not known; labels that they set stay.",
    "Kept probabilities are rounded to four decimals. A threshold that is not the certified one has no certificate.",
)
PHRASES = (
    "Phrases are searched in subject and description; the headers of a mail are not kept.",
    "What the head said of a priority that a phrase had raised is known only as far as the tag tells.",
)
ANSWERS = (
    "What else would have been answered is not kept: neither the quotation nor whether its article is for a person.",
    "A clarification about sections of one article stays unless it would have been answered.",
)
HOLDOUT = (
    "Who is held out depends on a hash of the visitor: the figures are expectations.",
    "Sessions without a visitor are never held out.",
)
LABELS = ("The folder has a taxonomy.toml of its own. A refit has to learn other labels first, so labels stay.",)


def of(trial: Trial) -> list[str]:
    """Return what is not known of a trial."""
    said = [*ALWAYS]
    if trial.tags.suggest_at or trial.tags.auto_at:
        said += TAGS
    if trial.before.urgency.version != trial.after.urgency.version:
        said += PHRASES
    if trial.answers is not None:
        said += ANSWERS
    if trial.holdout:
        said += HOLDOUT
    if trial.before.taxonomy.version != trial.after.taxonomy.version:
        said += LABELS
    return said

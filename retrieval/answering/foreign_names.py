"""Names in a question that the desk never used: it is then about somebody else's product."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from retrieval.articles.article import Passage
from retrieval.index.tokens import stem, words
from retrieval.index.word_index import WordIndex

#: Products that customers of other companies ask about; one that the articles mention is none of them.
_PRODUCTS: Final = frozenset(
    """
    adobe airbnb alexa amazon android aol apple asana atlassian audible azure bing binance bitbucket bluesky booking
    box canva chatgpt chromebook citrix cloudflare coinbase confluence coursera deezer deliveroo discord disney dhl
    docusign dropbox duolingo ebay epic etsy evernote expedia facebook fedex figma fitbit fortnite freshdesk garmin
    github gitlab gmail godaddy google grammarly hbo hotmail hubspot hulu icloud ikea instagram intercom ios ipad iphone
    itunes jira kindle klarna lastpass libreoffice linkedin linux lyft macbook macos mailchimp mastodon mcafee messenger
    microsoft minecraft netflix nintendo norton notion office365 okta onedrive onenote oracle outlook paramount
    paypal photoshop pinterest playstation powerpoint quickbooks quora reddit ring roblox roku ryanair salesforce
    samsung sap servicenow sharepoint shopify signal skype slack snapchat sonos soundcloud spotify squarespace steam
    stripe substack telegram temu tesla tiktok tinder todoist trello twilio twitch twitter uber ubuntu vimeo vodafone
    whatsapp wikipedia windows wix wordpress workday xbox xero yahoo yelp youtube zalando zapier zendesk zoho zoom
    """.split()  # noqa: SIM905 - a list of quoted words hides what is in it
)
#: Words of the list that are everyday words as well: they count with a capital letter only.
_EVERYDAY: Final = frozenset(
    [
        "apple",
        "box",
        "booking",
        "epic",
        "messenger",
        "monday",
        "notion",
        "office",
        "oracle",
        "ring",
        "signal",
        "steam",
        "windows",
    ]
)
#: Of those, what is a product in small letters, too, before what only a product has.
_OWNED: Final = re.compile(
    r"\b(apple|messenger|notion|steam|windows)\s(?:account|app|id|laptop|license|licence|login|password|pc|phone)s?\b"
)
#: Passages that are looked at for an everyday word with a capital letter.
LOOKED_AT: Final = 200
#: What stands before the name of a product: "my X subscription", "in X", "from X".
_NAMED: Final = re.compile(r"\b(?:my|our|your|in|on|from|with|to|into|for|of|at|via|the)\s+([A-Z]\w{2,})")
_NO_NAMES: Final = frozenset(
    """
    january february march april may june july august september october november december monday tuesday wednesday
    thursday friday saturday sunday europe germany france spain italy ireland english german french spanish christmas
    easter berlin london paris madrid
    """.split()  # noqa: SIM905
)


def foreign_names(
    question: str, known: WordIndex, passages: Sequence[Passage] = (), *, nouns_are_capital: bool = False
) -> list[str]:
    """Return the names of other products in a question.

    Parameters
    ----------
    question
        As asked.
    known
        The words of the desk's own articles.
    passages
        Their texts: an everyday word ("maintenance windows") names a product there only with a capital letter.
    nouns_are_capital
        In German every noun is; then the capital letter says nothing.

    Returns
    -------
    list of str
        Names of well-known products, and words that are written and placed like a name, that no article has.
    """
    found = [word for word in re.findall(r"\w+", question) if _is_product(word)] + _OWNED.findall(question)
    if not nouns_are_capital and not question.isupper() and question != question.title():
        found += [name for name in _NAMED.findall(question) if name.lower() not in _NO_NAMES]
    return [name for name in dict.fromkeys(found) if not _is_used(name, known, passages)]


def _is_used(name: str, known: WordIndex, passages: Sequence[Passage]) -> bool:
    spoken = words(name) or [stem(name)]
    if name.lower() not in _EVERYDAY or not passages:
        return any(known.has(each) for each in spoken)
    rows = (row for each in spoken for row in known.texts_with(each, LOOKED_AT))
    written = re.compile(rf"\b{re.escape(name[:1].upper() + name[1:])}\b")
    return any(written.search(f"{passages[row].heading} {passages[row].text}") for row in rows)


def _is_product(word: str) -> bool:
    folded = word.lower()
    return folded in _PRODUCTS and (folded not in _EVERYDAY or word[:1].isupper())

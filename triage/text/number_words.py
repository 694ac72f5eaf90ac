"""Words that say what a number is of when it is nobody's phone: before it an order or a version, behind it a unit."""

from __future__ import annotations

import re

_NAMES = """
order- invoice- ticket- case serial- model part article- item sku version- build release- ref reference- transaction-
tracking- contract- customer- member- client record- row job run trace- span session- request- pid tid uid id uuid
imei iccid ean gtin isbn issn upc vin asin batch- lot license- licence- policy claim shipment- parcel- package-
booking- confirmation- receipt- code error- errno status offset port epoch timestamp- bytes checksum sum total amount-
price count size hash commit- revision- firmware driver device product- asset barcode purchase- quote po rma incident-
issue document- page value balance meter iban bic account- konto- vat tax seq sequence- key ip bestell- auftrag-
rechnung- vorgang- serien- artikel- vertrag- sendung- liefer- charge beleg- kunden- mitglied- akten- aktenzeichen
buchung- angebot- gutschrift- modell- teile- gerät- fehler- zeile summe betrag preis anzahl zähler- steuer- ust paket-
lfd versions- kennzeichen kd rg auftr bolla bolletta ddt guia guía remito laufnummer commande- facture- dossier série
serie modèle modelo modello référence- suivi contrat colis montant erreur- reçu devis article- pedido- factura-
expediente referencia- seguimiento contrato envío importe recibo presupuesto albarán caso ordine- fattura- pratica
seriale riferimento tracciamento spedizione importo riga ricevuta preventivo codice cliente bestelling- bestel-
factuur- zaak- serie- referentie zending- bedrag regel bon offerte klant- encomenda- fatura- processo referência-
rastreio rastreamento remessa valor linha orçamento envio- siren siret tva btw mwst kvk nif nie cif cnpj cpf nf cfdi
folio between entre tra zwischen tussen código nota ordem
"""
"""A word that ends in `-` also stands for what begins with it."""
_STEMS = tuple(sorted({each.rstrip("-") for each in _NAMES.split() if each.endswith("-")}))
_EXACT = frozenset(each + plural for each in _NAMES.split() if not each.endswith("-") for plural in ("", "s"))
_CONNECTIVE_WORDS = """
number numbers nummer nr no num numero número numéro n nº is lautet lauten be at ch fr gb ie nl pt ist est es era was
were of de del du di do da der die das the our my your ihre meine unsere mit with has ha hat el la le il het o a neu
new alt old
"""
_CONNECTIVES = frozenset(_CONNECTIVE_WORDS.split())
_OF_A_PHONE = ("telefon", "handy", "ruf", "mobil", "fax", "durchwahl", "festnetz", "rückruf", "telefoon", "phone")
_ENDS_OF_NUMBERS = ("nummer", "nr", "number")
_SIGNS = frozenset("#€$£¥")
_BEFORE, _AFTER, _NEAR = 40, 24, 4

_UNIT_WORDS = """
€ $ £ ¥ % eur euro euros usd gbp chf brl mxn dollars pounds pesos reais franken rows row records record lines line
items item users bytes byte kb mb gb ms s sec seconds km kg g m cm mm hits events entries tickets orders units pieces
requests queries calls messages emails files pages views visits visitors customers people inhabitants points tokens
zeilen zeile datensätze einträge sätze stück nutzer benutzer dateien nachrichten kunden einwohner bestellungen lignes
enregistrements fichiers octets utilisateurs pièces habitants commandes filas fila registros usuarios archivos líneas
unidades habitantes pedidos righe riga record utenti file pezzi abitanti ordini rijen records gebruikers bestanden
regels stuks inwoners linhas registos registros utilizadores arquivos ficheiros
"""
_UNITS = frozenset(_UNIT_WORDS.split())
_LONGER_NUMBER = re.compile(  # letters and digits, and groups of it
    r"(?<![^\W_])(?:[A-Z]{1,8}[0-9]|[0-9]{1,8}[A-Z])[A-Z0-9]{0,8}(?:[ -][A-Z0-9]{1,4}){0,7}[ -]\Z"
)
_ANOTHER_BEFORE = re.compile(r"(?<=[0-9])[ ,]{1,3}(?:(?:and|und|et|y|e|en|or|oder|ou|o|bis|to)[ ])?\Z")
_WORD = re.compile(r"[^\W\d_]+")
_CLAUSE = re.compile(r"[\n;!?,(]|(?<!nr)(?<!no)(?<!num)(?<!art)\.\s")
_NEXT = re.compile(r"[ \t\u00a0\u202f]?([€$£¥%]|[^\W\d_]+)")


def announces_another_number(text: str, begin: int) -> bool:
    """Say whether the words before a number name an order, a version, a serial number or the like."""
    before = text[max(0, begin - _BEFORE) : begin]
    if before.rstrip()[-1:] in _SIGNS:
        return True
    if before.lower() == before.upper():  # no letters, as in a list of numbers
        return False
    if _LONGER_NUMBER.search(before):
        return True
    before = _ANOTHER_BEFORE.sub("", before)
    clause = _CLAUSE.split(before.lower())[-1]
    for word in reversed(_WORD.findall(clause)[-_NEAR:]):
        if word.startswith(_OF_A_PHONE):
            return False
        if word in _CONNECTIVES:
            continue
        return word in _EXACT or word.startswith(_STEMS) or word.endswith(_ENDS_OF_NUMBERS)
    return False


def counts_something(text: str, end: int) -> bool:
    """Say whether a unit or a currency follows the number that ends here."""
    following = _NEXT.match(text, end, end + _AFTER)
    return following is not None and following[1].lower() in _UNITS

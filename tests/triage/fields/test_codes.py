"""Versions, error codes and order numbers in the sentences that people write around them."""

from __future__ import annotations

import pytest

from triage.fields.error_codes import error_codes
from triage.fields.order_numbers import order_numbers
from triage.fields.versions import versions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("since 2.3.1 it fails", ["2.3.1"]),
        ("128.2.0esr", ["128.2.0esr"]),
        ("v4.0-rc1", ["4.0-rc1"]),
        ("V2.1", ["2.1"]),
        ("Version 12", ["12"]),
        ("version: 2.3", ["2.3"]),
        ("versión 2.3.1", ["2.3.1"]),
        ("release 2024.2", ["2024.2"]),
        ("Build 4711", ["4711"]),
        ("Versionsnummer 7.2", ["7.2"]),
        ("versão 3.1.0-beta.2", ["3.1.0-beta.2"]),
        ("2.3.1-SNAPSHOT", ["2.3.1-snapshot"]),
        ("firmware 1.2.3.4", ["1.2.3.4"]),
        ("2.3.1 beta 2", ["2.3.1-beta"]),
        ("1.0.0+build.5", ["1.0.0+build.5"]),
        ("from 2.3.1 to 2.4.0.", ["2.3.1", "2.4.0"]),
        ("Chrome/110.0.1.2", []),
        ("12.03.2026", []),
        ("2.5 hours", []),
        ("1.234.567 rows", []),
        ("10.20.30.40", []),
        ("49.90 €", []),
        ("https://a/1.2.3/b", []),
        ("", []),
        ("3 versions", []),
        ("we subverted 12", []),
        ("version 2 of 3", ["2"]),
        ("v", []),
    ],
)
def test_versions_of_a_text(text: str, expected: list[str]) -> None:
    assert [each.value for each in versions(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it says 0x80070005", ["0x80070005"]),
        ("0XC000021A", []),
        ("ERR_CONNECTION_RESET", ["ERR_CONNECTION_RESET"]),
        ("ECONNREFUSED", ["ECONNREFUSED"]),
        ("NS_ERROR_FILE_NOT_FOUND", ["NS_ERROR_FILE_NOT_FOUND"]),
        ("EGL_VERSION: 1.5", []),
        ("Device ID 0x46a6", []),
        ("error 0x51", ["0x51"]),
        ("X-Mozilla-Status: 0011", []),
        ("ORA-00942: table", ["ORA-00942"]),
        ("E4012", ["E4012"]),
        ("E-4012", ["E-4012"]),
        ("error 1603", ["1603"]),
        ("Fehlercode: 4711", ["4711"]),
        ("Fehler 0x8007ABCD", ["0x8007abcd"]),
        ("code d'erreur 503", ["503"]),
        ("erreur 503", ["503"]),
        ("errore n. 17", []),
        ("código de error 88", ["88"]),
        ("foutcode 1234", ["1234"]),
        ("HTTP 429", ["429"]),
        ("HTTP/1.1 502", ["502"]),
        ("status code 503", ["503"]),
        ("404 Not Found", ["404"]),
        ("500 Internal Server Error", ["500"]),
        ("500 users", []),
        ("error rate 20%", []),
        ("error 20 %", []),
        ("the error of 2026", []),
        ("error 2026", []),
        ("error LM-A402", []),
        ("error AB-402", ["AB-402"]),
        ("errors in 3 files", []),
        ("terror 123", []),
        ("", []),
        ("AADSTS50011", ["AADSTS50011"]),
        ("error code 12 and error code 13", ["12", "13"]),
        ("KB4012212", []),
        ("KB401221", ["KB401221"]),
    ],
)
def test_error_codes_of_a_text(text: str, expected: list[str]) -> None:
    assert [each.value for each in error_codes(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("order 1234567", ["1234567"]),
        ("Order #10234", ["10234"]),
        ("order number: AB-2024-00017", ["AB-2024-00017"]),
        ("my order no. 10234 is late", ["10234"]),
        ("order id is ab12345", ["AB12345"]),
        ("orders 12345 and 12346", ["12345", "12346"]),
        ("Bestellung 4711987", ["4711987"]),
        ("Bestellnummer 4711987", ["4711987"]),
        ("Bestell-Nr.: 4711987", ["4711987"]),
        ("Auftragsnummer A-99881", ["A-99881"]),
        ("commande n° 998877", ["998877"]),
        ("numéro de commande : 998877", ["998877"]),
        ("número de pedido 778899", ["778899"]),
        ("pedido 123-4567890-1234567", ["123-4567890-1234567"]),
        ("ordine n. 5544332", ["5544332"]),
        ("numero d'ordine 5544332", ["5544332"]),
        ("bestelling 4433221", ["4433221"]),
        ("bestelnummer 4433221", ["4433221"]),
        ("encomenda nº 887766", ["887766"]),
        ("purchase order PO-88123", ["PO-88123"]),
        ("order confirmation 887766", ["887766"]),
        ("order 2500 units", []),
        ("order 12", []),
        ("in order to", []),
        ("I ordered 3 of them", []),
        ("the border 12345", []),
        ("order from 2026-03-02", []),
        ("", []),
        ("order", []),
        ("disorder 12345", []),
        ("Order 12345.", ["12345"]),
        ("order 10 %", []),
        ("order (12345)", ["12345"]),
    ],
)
def test_order_numbers_of_a_text(text: str, expected: list[str]) -> None:
    assert [each.value for each in order_numbers(text)] == expected

"""What the promises hang on, each broken on purpose, and the one test that must notice.

A mutant that nobody notices is a promise that nobody tests.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One break: in a file, what stands there and what stands there instead."""

    name: str
    file: str
    changes: tuple[tuple[str, str], ...]
    killed_by: str


def broken(name: str, file: str, sound: str, instead: str, killed_by: str) -> Mutant:
    """Return a mutant of one change."""
    return Mutant(name, file, ((sound, instead),), killed_by)


ENGINES = "tests/serving/storage/test_engines.py"
JOBS = "tests/serving/jobs/test_queue.py"
BUNDLES = "tests/triage/model/test_bundle.py"
KEYS = "tests/serving/http/test_idempotency.py"
MUTANTS = (
    broken(
        "a commit that fails is told as done",
        "serving/storage/database.py",
        "                each.error = StorageNotWritable(str(found.orig))",
        "                _ = StorageNotWritable(str(found.orig))",
        f"{ENGINES}::test_what_the_commit_refuses_is_not_told_as_done",
    ),
    broken(
        "a write begins without BEGIN IMMEDIATE",
        "serving/storage/sqlite_connections.py",
        'begin: str = "BEGIN IMMEDIATE"',
        'begin: str = "BEGIN"',
        "tests/serving/storage/test_database.py::test_nobody_writes_between_what_a_write_saw_and_what_it_makes_of_it",
    ),
    broken(
        "a commit does not wait for the disk",
        "serving/storage/database.py",
        '"synchronous=FULL"',
        '"synchronous=NORMAL"',
        "tests/serving/storage/test_database.py::test_commits_reach_the_disk_and_only_the_writer_checkpoints",
    ),
    broken(
        "two processes own one file",
        "serving/storage/database.py",
        "            self._lock.take()\n",
        "            pass\n",
        "tests/serving/storage/test_database.py::test_another_process_is_refused_and_told_who_has_it",
    ),
    broken(
        "writers of several replicas do not follow each other",
        "serving/storage/postgres.py",
        '            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")\n            result',
        "            result",
        f"{ENGINES}::test_who_reads_and_then_writes_loses_nothing_to_others_who_do",
    ),
    broken(
        "a fact leaves without its transaction",
        "serving/tickets/announcing.py",
        "    outbox.emit(connection, ",
        '    with __import__("contextlib").suppress(Exception):\n        outbox.emit(connection, ',
        "tests/serving/jobs/test_outbox.py::test_a_ticket_whose_event_cannot_be_kept_is_not_kept_either",
    ),
    broken(
        "a lease has no fencing token",
        "serving/jobs/queue.py",
        "jobs.c.token == job.token, ",
        "",
        f"{JOBS}::test_a_holder_that_comes_back_after_its_lease_settles_nothing",
    ),
    broken(
        "a lease never ends",
        "serving/jobs/queue.py",
        "jobs.c.state.in_([WAITING, RUNNING])",
        "jobs.c.state == WAITING",
        f"{JOBS}::test_the_job_of_a_crashed_holder_is_claimed_when_its_lease_ends",
    ),
    broken(
        "a ticket's jobs have no order",
        "serving/jobs/queue.py",
        ", sa.or_(sa.not_(jobs.c.ordered), sa.not_(held_up))",
        "",
        f"{JOBS}::test_a_subject_keeps_its_order_and_others_go_on",
    ),
    broken(
        "retries come without jitter",
        "serving/jobs/queue.py",
        " * (1 + self.jitter * (2 * draw - 1))",
        "",
        "tests/serving/jobs/test_retry_policy.py::test_two_that_failed_together_do_not_come_back_together",
    ),
    broken(
        "a bundle is opened without its sha256",
        "triage/model/bundle_files.py",
        "if digest(folder / file.path) != file.sha256:",
        "if False:",
        f"{BUNDLES}::test_one_flipped_bit_anywhere_is_refused",
    ),
    broken(
        "a file of a bundle is parsed without its sha256",
        "triage/model/bundle_files.py",
        "if hashlib.sha256(data).hexdigest() != listed.sha256:",
        "if False:",
        f"{BUNDLES}::test_a_file_that_changes_after_opening_is_refused_when_it_is_read",
    ),
    broken(
        "an index is parsed without its sha256",
        "retrieval/index/files.py",
        'if hashlib.sha256(data).hexdigest() != entry["sha256"]:',
        "if False:",
        "tests/retrieval/index/test_article_index.py::test_one_changed_bit_is_refused_before_a_parser_sees_it",
    ),
    broken(
        "a key of one caller opens another's answers",
        "serving/storage/idempotency_receipts.py",
        "            receipts.c.caller == claim.caller, receipts.c.key == claim.key, receipts.c.expires_at > claim.at",
        "            receipts.c.key == claim.key, receipts.c.expires_at > claim.at",
        f"{KEYS}::test_a_key_belongs_to_its_caller",
    ),
    broken(
        "a key answers for another body",
        "serving/storage/idempotency_receipts.py",
        "if fingerprint != claim.fingerprint:",
        "if False:",
        f"{KEYS}::test_the_key_with_another_body_is_refused",
    ),
    broken(
        "a key is settled twice",
        "serving/storage/idempotency_receipts.py",
        "    if _find(connection, claim) is not None:\n        raise StillInFlight\n",
        "    receipts.delete().where(receipts.c.key == claim.key)\n",
        f"{ENGINES}::test_a_settled_key_cannot_be_settled_again_until_it_expires",
    ),
    broken(
        "a change overwrites one that its caller had not seen",
        "serving/tickets/preconditions.py",
        "if self.tags is not None and etag(version) not in self.tags:",
        "if False:",
        "tests/serving/tickets/test_changing.py::TestNoChangeIsLost::test_after_somebody_elses_change_nothing_is_changed",
    ),
    broken(
        "each replica tells of a breach",
        "serving/tickets/notices.py",
        "return connection.execute(added).first() is not None",
        "return bool(connection.execute(added)) or True",
        f"{ENGINES}::TestReplicas::test_tell_each_breach_once",
    ),
    broken(
        "a name may lead to an address inside",
        "serving/outbound/address_check.py",
        "if not exempt and not is_public(address):",
        "if False:",
        "tests/serving/outbound/test_http_client.py::test_one_address_that_is_not_public_is_enough",
    ),
    broken(
        "any signature opens the door of a helpdesk",
        "serving/helpdesks/port/signatures.py",
        "    return hmac.compare_digest(given",
        "    return True or hmac.compare_digest(given",
        "tests/serving/helpdesks/port/test_signatures.py::test_another_secret_is_refused",
    ),
)
